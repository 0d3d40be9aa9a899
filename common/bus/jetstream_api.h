#pragma once

#include <string>

#include <nlohmann/json.hpp>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/bus/bus.h"
#include "common/bus/nats_connection.h"

namespace tally::bus {

// Requests to JetStream's own API. Each blocks until its answer, the deadline or the loss of the
// connection, and is UNAVAILABLE at once while there is no connection. No answer at all is
// UNAVAILABLE too: JetStream is starting, or the account may not ask. Thread-safe.
class JetStreamApi {
 public:
  explicit JetStreamApi(const NatsConnection& connection) : connection_(connection) {}

  absl::StatusOr<Declared> Declare(const StreamConfig& config, absl::Time deadline) const;
  absl::StatusOr<Declared> Declare(const DurableConfig& config, absl::Time deadline) const;
  absl::StatusOr<StreamState> GetStreamState(const std::string& stream, absl::Time deadline) const;
  absl::StatusOr<DurableState> GetDurableState(const std::string& stream,
                                               const std::string& durable,
                                               absl::Time deadline) const;

  static std::string DurableInfoSubject(absl::string_view stream, absl::string_view durable);
  static std::string PullSubject(absl::string_view stream, absl::string_view durable);

 private:
  absl::StatusOr<Declared> CreateOrCompare(const std::string& info_subject,
                                           const std::string& create_subject,
                                           const nlohmann::json& create_request,
                                           const nlohmann::json& definition,
                                           absl::Time deadline) const;
  absl::StatusOr<nlohmann::json> Request(const std::string& subject, const std::string& body,
                                         absl::Time deadline) const;

  const NatsConnection& connection_;
};

}  // namespace tally::bus
