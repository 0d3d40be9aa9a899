#include "common/rpc/grpc_log.h"

#include <grpc/support/log.h>

#include "absl/base/const_init.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/clock.h"
#include "common/rpc/log_limit.h"

namespace tally::rpc {
namespace {

constexpr int kLinesPerSecondMax = 5;

// gRPC takes a function without an object, and its threads may outlive every object.
ABSL_CONST_INIT absl::Mutex mutex(absl::kConstInit);
telemetry::Log* destination ABSL_GUARDED_BY(mutex) = nullptr;

void Write(gpr_log_func_args* args) {
  static auto& limit = *new LogLimit(kLinesPerSecondMax);
  absl::MutexLock lock(&mutex);
  if (destination == nullptr) return;
  const std::optional<int64_t> left_out = limit.Admit(absl::Now());
  if (!left_out.has_value()) return;
  if (args->severity == GPR_LOG_SEVERITY_ERROR) {
    destination->Warning("grpc", {{"says", args->message}, {"left_out", *left_out}});
  } else {
    destination->Debug("grpc", {{"says", args->message}});
  }
}

void WriteTo(telemetry::Log* log) {
  absl::MutexLock lock(&mutex);
  destination = log;
}

}  // namespace

GrpcLog::GrpcLog(telemetry::Log& log) {
  WriteTo(&log);
  gpr_set_log_function(Write);
}

GrpcLog::~GrpcLog() {
  gpr_set_log_function(nullptr);
  WriteTo(nullptr);
}

}  // namespace tally::rpc
