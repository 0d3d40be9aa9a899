#pragma once

#include "common/telemetry/log.h"

namespace tally::rpc {

// What gRPC says of itself becomes lines of a log, its errors warnings: strangers cause them, so at
// most five a second. One at a time; gRPC writes to stderr as it likes before and afterwards.
class GrpcLog {
 public:
  // The log must outlive it.
  explicit GrpcLog(telemetry::Log& log);
  ~GrpcLog();
  GrpcLog(const GrpcLog&) = delete;
  GrpcLog& operator=(const GrpcLog&) = delete;
};

}  // namespace tally::rpc
