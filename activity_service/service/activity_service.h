#pragma once

#include <functional>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "activity_service/service/day_query.h"
#include "activity_service/service/token_waiter.h"
#include "activity_service/store/activity_store.h"
#include "common/base/clock.h"
#include "common/inbox/inbox_store.h"
#include "common/inbox/progress.h"
#include "common/rpc/endpoint.h"
#include "common/rpc/executor.h"
#include "common/rpc/unary_call.h"
#include "common/telemetry/telemetry.h"
#include "tally/activity/v1/activity_service.grpc.pb.h"

namespace tally::activity {

// How far the consumer is, as it knows it by itself; thread-safe, does not block.
using ProgressSource = std::function<inbox::Progress()>;

// tally.activity.v1.ActivityService: reads what ActivityCounter counted, from the same database.
// Answers whether the bus is there or not, and says how fresh they are. Everything passed in must
// outlive this. Thread-safe.
class ActivityService final : public v1::ActivityService::CallbackService {
 public:
  ActivityService(const ActivityStore& store, inbox::InboxStore& inbox, ProgressSource progress,
                  TokenWaiter& tokens, rpc::Executor& reads, base::Clock& clock,
                  telemetry::Telemetry& telemetry);

  grpc::ServerUnaryReactor* GetDailyActivity(grpc::CallbackServerContext* context,
                                             const v1::GetDailyActivityRequest* request,
                                             v1::GetDailyActivityResponse* response) override;
  grpc::ServerUnaryReactor* ListDailyActivity(grpc::CallbackServerContext* context,
                                              const v1::ListDailyActivityRequest* request,
                                              v1::ListDailyActivityResponse* response) override;
  grpc::ServerWriteReactor<v1::WatchDailyActivityResponse>* WatchDailyActivity(
      grpc::CallbackServerContext* context, const v1::WatchDailyActivityRequest* request) override;

 private:
  struct Statistics {
    std::vector<v1::DailyActivity> days;
    v1::Freshness freshness;
  };

  // Checks the request, waits for its token, reads the statistics and finishes the call.
  template <typename Request, typename Response>
  void Answer(rpc::UnaryCall<Request, Response>& call);
  absl::StatusOr<Statistics> Read(const DayQuery& query, absl::Time deadline);

  const ActivityStore& store_;
  inbox::InboxStore& inbox_;
  const ProgressSource progress_;
  TokenWaiter& tokens_;
  rpc::Executor& reads_;
  base::Clock& clock_;
  rpc::Endpoint endpoint_;
};

}  // namespace tally::activity
