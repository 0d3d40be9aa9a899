#pragma once

#include <grpcpp/grpcpp.h>

#include <memory>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "activity_service/service/activity_service.h"
#include "activity_service/service/token_waiter.h"
#include "activity_service/service/watch_hub.h"
#include "common/bus/bus.h"
#include "common/inbox/subscription.h"
#include "common/ops/inbox_service.h"
#include "common/rpc/executor.h"
#include "common/rpc/server.h"
#include "tests/integration/activity_service/instance.h"

namespace tally::activity {

// An instance behind gRPC on a free port, and a client of it. The bus is as the test says.
class ServedInstance {
 public:
  explicit ServedInstance(const std::string& url, TokenWaiterOptions options = {},
                          WatchHubOptions watch_options = {});

  Instance& instance() { return instance_; }
  const std::shared_ptr<grpc::Channel>& channel() const { return channel_; }
  std::string address() const { return server_->address().ToString(); }
  v1::ActivityService::Stub& stub() { return *stub_; }
  void SetProgress(const inbox::Progress& progress);
  // Refuses new calls, ends streams, and lets the others finish.
  void Shutdown() { server_->Shutdown(absl::Seconds(30)); }
  // How many calls wait until an event is counted.
  int TokenWaits();

 private:
  Instance instance_;
  absl::Mutex mutex_;
  inbox::Progress progress_ ABSL_GUARDED_BY(mutex_);
  rpc::Executor reads_;
  TokenWaiter tokens_;
  DayReader days_;
  WatchHub watches_;
  ActivityService activity_;
  std::unique_ptr<bus::Bus> bus_;  // out of reach
  inbox::Subscription subscription_;
  ops::InboxService ops_;
  std::unique_ptr<rpc::Server> server_;
  std::shared_ptr<grpc::Channel> channel_;
  std::unique_ptr<v1::ActivityService::Stub> stub_;
};

}  // namespace tally::activity
