#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include <grpcpp/support/status.h>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "common/base/violations.h"
#include "google/rpc/status.pb.h"

namespace tally::rpc {

// The google.rpc details of an error, as a client sees them.
struct ErrorDetails {
  std::string reason;  // empty: the answer carried no ErrorInfo, so it came from elsewhere (a
                       // proxy, gRPC itself)
  std::string domain;
  std::map<std::string, std::string> metadata;
  std::vector<base::Violation> violations;
  std::optional<absl::Duration> retry_delay;
};

// What is missing or malformed is left empty.
ErrorDetails DetailsOf(const grpc::Status& status);

// Of a status that errors.h made.
ErrorDetails DetailsOf(const absl::Status& status);

// The code as gRPC spells it: "NOT_FOUND".
std::string CodeName(absl::StatusCode code);
std::string CodeName(grpc::StatusCode code);

// For the wire: the details travel in `grpc-status-details-bin`.
grpc::Status ToGrpcStatus(const absl::Status& status);

// For messages that hold a status: the same code, message and details that a call would end with.
google::rpc::Status ToMessage(const absl::Status& status);

// What a call would have ended with.
grpc::Status ToGrpcStatus(const google::rpc::Status& message);

}  // namespace tally::rpc
