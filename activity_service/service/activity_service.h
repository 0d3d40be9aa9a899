#pragma once

#include "activity_service/service/day_reader.h"
#include "activity_service/service/token_waiter.h"
#include "activity_service/service/watch_hub.h"
#include "common/base/clock.h"
#include "common/rpc/endpoint.h"
#include "common/rpc/executor.h"
#include "common/rpc/unary_call.h"
#include "common/telemetry/telemetry.h"
#include "tally/activity/v1/activity_service.grpc.pb.h"

namespace tally::activity {

// tally.activity.v1.ActivityService: reads what ActivityCounter counted, from the same database.
// Answers whether the bus is there or not, and says how fresh they are. Everything passed in must
// outlive this. Thread-safe.
class ActivityService final : public v1::ActivityService::CallbackService {
 public:
  ActivityService(DayReader& days, TokenWaiter& tokens, WatchHub& watches, rpc::Executor& reads,
                  base::Clock& clock, telemetry::Telemetry& telemetry);

  grpc::ServerUnaryReactor* GetDailyActivity(grpc::CallbackServerContext* context,
                                             const v1::GetDailyActivityRequest* request,
                                             v1::GetDailyActivityResponse* response) override;
  grpc::ServerUnaryReactor* ListDailyActivity(grpc::CallbackServerContext* context,
                                              const v1::ListDailyActivityRequest* request,
                                              v1::ListDailyActivityResponse* response) override;
  grpc::ServerWriteReactor<v1::WatchDailyActivityResponse>* WatchDailyActivity(
      grpc::CallbackServerContext* context, const v1::WatchDailyActivityRequest* request) override;

  // For the server that serves it.
  rpc::Endpoint& endpoint() { return endpoint_; }

 private:
  // Checks the request, waits for its token, reads the statistics and finishes the call.
  template <typename Request, typename Response>
  void Answer(rpc::UnaryCall<Request, Response>& call);

  DayReader& days_;
  TokenWaiter& tokens_;
  WatchHub& watches_;
  rpc::Executor& reads_;
  base::Clock& clock_;
  rpc::Endpoint endpoint_;
};

}  // namespace tally::activity
