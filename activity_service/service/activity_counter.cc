#include "activity_service/service/activity_counter.h"

#include <set>
#include <utility>

#include "absl/strings/strip.h"
#include "common/base/check.h"
#include "common/base/status_macros.h"
#include "tally/events/v1/order_events.pb.h"

namespace tally::activity {
namespace {

// Whether this binary knows the type, read or not. Looked up in the file that defines the events:
// Protobuf's pool of all types would remember every name it was ever asked for.
bool IsOrderEvent(absl::string_view type) {
  const google::protobuf::FileDescriptor* file = events::v1::OrderCreated::descriptor()->file();
  return absl::ConsumePrefix(&type, file->package()) && absl::ConsumePrefix(&type, ".") &&
         file->FindMessageTypeByName(std::string(type)) != nullptr;
}

}  // namespace

ActivityCounter::ActivityCounter(std::vector<std::unique_ptr<Activity>> activities,
                                 const ActivityStore& store)
    : activities_(std::move(activities)), store_(store) {
  std::set<absl::string_view> names;
  for (const std::unique_ptr<Activity>& activity : activities_) {
    TALLY_CHECK(names.insert(activity->name()).second);
    for (const std::string& type : activity->event_types()) {
      by_event_type_[type].push_back(activity.get());
    }
  }
}

inbox::EventHandler::Interest ActivityCounter::InterestIn(absl::string_view type) const {
  if (by_event_type_.contains(type)) return Interest::kApply;
  return IsOrderEvent(type) ? Interest::kIgnore : Interest::kUnknown;
}

absl::Status ActivityCounter::Apply(db::Transaction& transaction,
                                    absl::Span<const bus::Event* const> events) {
  BucketTotals totals;
  for (const bus::Event* event : events) RETURN_IF_ERROR(AddTo(totals, *event));
  return totals.empty() ? absl::OkStatus() : store_.Add(transaction, totals);
}

absl::Status ActivityCounter::AddTo(BucketTotals& totals, const bus::Event& event) const {
  const auto readers = by_event_type_.find(event.type);
  if (readers == by_event_type_.end()) return absl::OkStatus();
  for (const Activity* activity : readers->second) {
    ASSIGN_OR_RETURN(const std::vector<Contribution> contributions, activity->Read(event));
    for (const Contribution& contribution : contributions) {
      RETURN_IF_ERROR(totals.Add(activity->name(), event.time, contribution));
    }
  }
  return absl::OkStatus();
}

}  // namespace tally::activity
