#pragma once

#include <memory>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/rpc/authenticator.h"
#include "common/rpc/log_limit.h"
#include "common/rpc/method.h"
#include "common/telemetry/telemetry.h"

namespace tally::rpc {

struct EndpointOptions {
  absl::Duration default_deadline = absl::Seconds(10);  // of unary calls that come without one
  bool open = false;  // to everyone, whomever the server admits; methods need no scope
};

// What all calls of one service share: its methods with their metrics, who may call them, the log,
// the default deadline. A service owns one, passes it to Handle (handle.h) in each of its methods,
// and shows it to the server. Thread-safe.
class Endpoint {
 public:
  // `service` is the full name, OrderService::service_full_name(); it must be compiled into this
  // binary, and each of its methods must say a scope (scope.proto).
  Endpoint(absl::string_view service, telemetry::Telemetry& telemetry,
           EndpointOptions options = {});

  // `name` without the service: "PlaceOrder". A name that the service does not have ends the
  // process.
  Method& method(absl::string_view name) const;

  const std::string& service() const { return service_; }
  const EndpointOptions& options() const { return options_; }

  // Who is admitted. The server says it before it serves; without, no call is taken.
  void SetAuthenticator(const Authenticator* authenticator) { authenticator_ = authenticator; }
  const Authenticator& authenticator() const;

  // Logs how a call ended and returns what its caller may see of it: an error that errors.h did not
  // make keeps only its code, and where the fault is ours the message names the log line.
  absl::Status Settle(const Method& method, absl::Duration duration,
                      const absl::Status& status) const;

 private:
  const std::string service_;
  telemetry::Telemetry& telemetry_;
  const EndpointOptions options_;
  const Authenticator* authenticator_ = nullptr;
  absl::flat_hash_map<std::string, std::unique_ptr<Method>> methods_;
  mutable LogLimit log_limit_;
};

}  // namespace tally::rpc
