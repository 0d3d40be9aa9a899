#include "activity_service/service/activity_service.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "activity_service/service/activity_messages.h"
#include "activity_service/service/read_error.h"
#include "common/base/status_macros.h"
#include "common/rpc/handle.h"

namespace tally::activity {
namespace {

void Fill(std::vector<v1::DailyActivity> days, v1::GetDailyActivityResponse& response) {
  *response.mutable_day() = std::move(days.front());
}

void Fill(std::vector<v1::DailyActivity> days, v1::ListDailyActivityResponse& response) {
  response.mutable_days()->Assign(std::make_move_iterator(days.begin()),
                                  std::make_move_iterator(days.end()));
}

}  // namespace

ActivityService::ActivityService(const ActivityStore& store, inbox::InboxStore& inbox,
                                 ProgressSource progress, TokenWaiter& tokens, rpc::Executor& reads,
                                 base::Clock& clock, telemetry::Telemetry& telemetry)
    : store_(store),
      inbox_(inbox),
      progress_(std::move(progress)),
      tokens_(tokens),
      reads_(reads),
      clock_(clock),
      endpoint_(v1::ActivityService::service_full_name(), telemetry) {}

grpc::ServerUnaryReactor* ActivityService::GetDailyActivity(
    grpc::CallbackServerContext* context, const v1::GetDailyActivityRequest* request,
    v1::GetDailyActivityResponse* response) {
  return rpc::Handle(endpoint_, "GetDailyActivity", context, request, response,
                     [this](auto& call) { Answer(call); });
}

grpc::ServerUnaryReactor* ActivityService::ListDailyActivity(
    grpc::CallbackServerContext* context, const v1::ListDailyActivityRequest* request,
    v1::ListDailyActivityResponse* response) {
  return rpc::Handle(endpoint_, "ListDailyActivity", context, request, response,
                     [this](auto& call) { Answer(call); });
}

grpc::ServerWriteReactor<v1::WatchDailyActivityResponse>* ActivityService::WatchDailyActivity(
    grpc::CallbackServerContext* context, const v1::WatchDailyActivityRequest*) {
  return rpc::Unimplemented<grpc::ServerWriteReactor<v1::WatchDailyActivityResponse>>(
      endpoint_, "WatchDailyActivity", context);
}

template <typename Request, typename Response>
void ActivityService::Answer(rpc::UnaryCall<Request, Response>& call) {
  absl::StatusOr<DayQuery> query = ParseDayQuery(call.request(), clock_.Now());
  if (!query.ok()) return call.Finish(query.status());
  const std::optional<base::ConsistencyToken> token = query->token;
  auto read = [this, &call, query = *std::move(query)](const absl::Status& counted) {
    if (!counted.ok()) return call.Finish(counted);
    rpc::FinishBlocking(call, reads_,
                        [this, query](const rpc::Call& c, const Request&, Response& response) {
                          ASSIGN_OR_RETURN(Statistics statistics, Read(query, c.deadline()));
                          Fill(std::move(statistics.days), response);
                          *response.mutable_freshness() = std::move(statistics.freshness);
                          return absl::OkStatus();
                        });
  };
  if (token.has_value()) {
    tokens_.Wait(*token, call, std::move(read));
  } else {
    read(absl::OkStatus());
  }
}

absl::StatusOr<ActivityService::Statistics> ActivityService::Read(const DayQuery& query,
                                                                  absl::Time deadline) {
  const std::vector<base::TimeInterval> bounds = query.Bounds();
  // Asked before the statistics are read: what they say is missing may be in, never the reverse.
  const inbox::Progress progress = progress_();
  inbox::Shortfall shortfall;
  std::vector<DayTotals> totals;
  RETURN_IF_ERROR(ReadError(inbox_.database().Run(
      db::Mode::kRead, deadline, [&](db::Transaction& transaction) -> absl::Status {
        ASSIGN_OR_RETURN(shortfall, inbox_.ReadShortfall(transaction));
        ASSIGN_OR_RETURN(totals, store_.Sum(transaction, bounds));
        return absl::OkStatus();
      })));
  Statistics statistics;
  statistics.days.resize(bounds.size());
  for (size_t i = 0; i < bounds.size(); ++i) {
    const Day day{query.first + static_cast<int>(i), query.time_zone, bounds[i]};
    RETURN_IF_ERROR(ToMessage(day, totals[i], statistics.days[i]));
  }
  ToMessage(progress, shortfall, clock_.Now(), statistics.freshness);
  return statistics;
}

}  // namespace tally::activity
