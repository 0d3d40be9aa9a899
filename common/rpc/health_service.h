#pragma once

#include <memory>
#include <string>
#include <vector>

#include <grpcpp/grpcpp.h>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_set.h"
#include "absl/synchronization/mutex.h"
#include "common/base/step_thread.h"
#include "common/rpc/endpoint.h"
#include "common/telemetry/telemetry.h"
#include "grpc/health/v1/health.grpc.pb.h"

namespace tally::rpc {

// The standard gRPC health service, fed by telemetry.health. The names "", "readiness" and the full
// name of each service stand for readiness, "liveness" for liveness. Watch looks twice a second and
// sends what changed. gRPC's built-in one is not used because reflection does not list it.
// Thread-safe.
class HealthService final : public grpc::health::v1::Health::CallbackService {
 public:
  HealthService(const std::vector<std::string>& services, telemetry::Telemetry& telemetry);
  ~HealthService() override;

  grpc::ServerUnaryReactor* Check(grpc::CallbackServerContext* context,
                                  const grpc::health::v1::HealthCheckRequest* request,
                                  grpc::health::v1::HealthCheckResponse* response) override;
  grpc::ServerWriteReactor<grpc::health::v1::HealthCheckResponse>* Watch(
      grpc::CallbackServerContext* context,
      const grpc::health::v1::HealthCheckRequest* request) override;

  // From now on everything is NOT_SERVING; watchers are told and their streams end. Does not block.
  void Shutdown();

 private:
  using ServingStatus = grpc::health::v1::HealthCheckResponse::ServingStatus;
  class Watcher;

  ServingStatus StatusOf(const std::string& service) const;
  absl::Duration UpdateWatchers();
  void Remove(Watcher* watcher);

  telemetry::Telemetry& telemetry_;
  Endpoint endpoint_;
  absl::flat_hash_set<std::string> ready_names_;
  std::atomic<bool> shut_down_ = false;
  absl::Mutex mutex_;
  absl::flat_hash_set<Watcher*> watchers_ ABSL_GUARDED_BY(mutex_);
  std::unique_ptr<base::StepThread> updates_;
};

}  // namespace tally::rpc
