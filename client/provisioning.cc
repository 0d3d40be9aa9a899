#include "client/provisioning.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/base/status_macros.h"

namespace tally::client {
namespace {

constexpr char kDescription[] = "description";

bool IsMissing(const bus::Deviation& deviation) { return deviation.field.empty(); }
bool IsDatabase(const bus::Deviation& deviation) { return deviation.field == kDescription; }

}  // namespace

Provisioning::Provisioning(bus::Provisioner& provisioner, bus::StreamConfig stream,
                           bus::DurableConfig durable, absl::Duration timeout)
    : provisioner_(provisioner),
      stream_(std::move(stream)),
      durable_(std::move(durable)),
      timeout_(timeout) {}

absl::Status Provisioning::Look() {
  items_.clear();
  settings_.clear();
  ASSIGN_OR_RETURN(const std::vector<bus::Deviation> stream,
                   provisioner_.Compare(stream_, Deadline()));
  Add(/*of_stream=*/true, stream);
  return LookAtDurable();
}

absl::Status Provisioning::LookAtDurable() {
  const absl::StatusOr<std::string> feeds =
      provisioner_.DescriptionOfDurable(durable_.stream, durable_.name, Deadline());
  if (!feeds.ok() && !absl::IsNotFound(feeds.status())) return feeds.status();
  if (feeds.ok() && durable_.description.empty()) durable_.description = *feeds;
  feeds_another_ = feeds.ok() && *feeds != durable_.description ? *feeds : "";
  ASSIGN_OR_RETURN(const std::vector<bus::Deviation> durable,
                   provisioner_.Compare(durable_, Deadline()));
  Add(/*of_stream=*/false, durable);
  return absl::OkStatus();
}

void Provisioning::Add(bool of_stream, const std::vector<bus::Deviation>& deviations) {
  const std::string object =
      of_stream ? absl::StrCat("stream ", stream_.name) : absl::StrCat("durable ", durable_.name);
  if (deviations.empty()) {
    items_.push_back({of_stream, {}});
    settings_.push_back({object, "", "there", "there", "as declared", true});
  }
  for (const bus::Deviation& deviation : deviations) {
    items_.push_back({of_stream, deviation});
    settings_.push_back({object, deviation.field, deviation.found, deviation.wanted, "", false});
  }
}

int Provisioning::differences() const {
  return static_cast<int>(std::count_if(items_.begin(), items_.end(), [](const Item& item) {
    return !IsMissing(item.deviation) && !IsDatabase(item.deviation);
  }));
}

void Provisioning::Mend(const ProvisionWishes& wishes) {
  for (size_t i = 0; i < items_.size(); ++i) {
    if (!settings_[i].right) MendOne(items_[i], wishes, settings_[i]);
  }
}

void Provisioning::MendOne(const Item& item, const ProvisionWishes& wishes,
                           ProvisionedSetting& setting) {
  const bus::Deviation& deviation = item.deviation;
  const bool missing = IsMissing(deviation);
  if (missing && !item.of_stream && durable_.description.empty()) {
    setting.done = "left: name its database with --database_id";
    return;
  }
  const bool allowed = missing                 ? wishes.create
                       : IsDatabase(deviation) ? wishes.adopt
                                               : wishes.update;
  if (!allowed) {
    setting.done = missing                 ? "left: would be created"
                   : IsDatabase(deviation) ? "left: --adopt takes it over"
                                           : "left: --update changes it";
    return;
  }
  const absl::Status mended = item.of_stream ? provisioner_.Mend(stream_, deviation, Deadline())
                                             : provisioner_.Mend(durable_, deviation, Deadline());
  setting.right = mended.ok();
  setting.done = !mended.ok()            ? absl::StrCat("refused: ", mended.message())
                 : missing               ? "created"
                 : IsDatabase(deviation) ? "taken over"
                                         : "changed";
}

bool Provisioning::AllRight() const {
  return std::all_of(settings_.begin(), settings_.end(),
                     [](const ProvisionedSetting& setting) { return setting.right; });
}

absl::Time Provisioning::Deadline() const { return absl::Now() + timeout_; }

}  // namespace tally::client
