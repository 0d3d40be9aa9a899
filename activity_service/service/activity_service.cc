#include "activity_service/service/activity_service.h"

#include <iterator>
#include <optional>
#include <utility>
#include <vector>

#include "activity_service/service/day_query.h"
#include "activity_service/service/watch_query.h"
#include "common/base/status_macros.h"
#include "common/rpc/handle.h"
#include "common/rpc/server_stream.h"

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

ActivityService::ActivityService(DayReader& days, TokenWaiter& tokens, WatchHub& watches,
                                 rpc::Executor& reads, base::Clock& clock,
                                 telemetry::Telemetry& telemetry)
    : days_(days),
      tokens_(tokens),
      watches_(watches),
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
    grpc::CallbackServerContext* context, const v1::WatchDailyActivityRequest* request) {
  return rpc::HandleStream<v1::WatchDailyActivityResponse>(
      endpoint_, "WatchDailyActivity", context, [&](auto& stream) -> absl::Status {
        ASSIGN_OR_RETURN(const WatchQuery query, ParseWatchQuery(*request));
        stream.WhenGone([this, &stream] { watches_.Remove(stream); });
        return watches_.Add(query, stream);
      });
}

template <typename Request, typename Response>
void ActivityService::Answer(rpc::UnaryCall<Request, Response>& call) {
  absl::StatusOr<DayQuery> query = ParseDayQuery(call.request(), clock_.Now());
  if (!query.ok()) return call.Finish(query.status());
  const std::optional<base::ConsistencyToken> token = query->token;
  auto read = [this, &call, query = *std::move(query)](const absl::Status& counted) {
    if (!counted.ok()) return call.Finish(counted);
    rpc::FinishBlocking(
        call, reads_, [this, query](const rpc::Call& c, const Request&, Response& response) {
          ASSIGN_OR_RETURN(DayReading reading, days_.Read(query.Days(), c.deadline()));
          Fill(std::move(reading.days), response);
          *response.mutable_freshness() = std::move(reading.freshness);
          return absl::OkStatus();
        });
  };
  if (token.has_value()) {
    tokens_.Wait(*token, call, std::move(read));
  } else {
    read(absl::OkStatus());
  }
}

}  // namespace tally::activity
