#pragma once

#include <string>

#include <grpcpp/support/status.h>

#include "client/exit_code.h"

namespace tally::client {

// For people: code, reason and message, or instead of the message each violated field on a line of
// its own.
std::string Describe(const grpc::Status& status);

// The same on one line, for reports.
std::string DescribeBriefly(const grpc::Status& status);

// kOk, kUnavailable where trying again later may help, kRefused otherwise.
ExitCode ExitCodeOf(const grpc::Status& status);

}  // namespace tally::client
