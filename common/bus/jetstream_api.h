#pragma once

#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/bus/bus.h"
#include "common/bus/definition.h"
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
  // How it differs from what is declared; nullopt: it is not there.
  using Comparison = std::optional<std::vector<Difference>>;
  absl::StatusOr<Comparison> Compare(const StreamConfig& config, absl::Time deadline) const;
  absl::StatusOr<Comparison> Compare(const DurableConfig& config, absl::Time deadline) const;
  absl::Status Create(const StreamConfig& config, absl::Time deadline) const;
  absl::Status Create(const DurableConfig& config, absl::Time deadline) const;
  // Gives one field its declared value and leaves all others as they are. FAILED_PRECONDITION, in
  // the server's words, where it cannot be changed.
  absl::Status Change(const StreamConfig& config, const std::string& field,
                      absl::Time deadline) const;
  absl::Status Change(const DurableConfig& config, const std::string& field,
                      absl::Time deadline) const;

  absl::StatusOr<StreamState> GetStreamState(const std::string& stream, absl::Time deadline) const;
  absl::StatusOr<DurableState> GetDurableState(const std::string& stream,
                                               const std::string& durable,
                                               absl::Time deadline) const;

  static std::string DurableInfoSubject(absl::string_view stream, absl::string_view durable);
  static std::string PullSubject(absl::string_view stream, absl::string_view durable);

 private:
  // What JetStream is asked about a stream or durable.
  struct Subject {
    std::string name;  // "stream ORDERS"
    std::string info;
    std::string create;
    std::string change;
    std::string stream;  // of a durable, whose requests name it; empty for streams
    nlohmann::json definition;

    std::string Request(const nlohmann::json& config, const char* action) const;
  };
  static absl::StatusOr<Subject> SubjectOf(const StreamConfig& config);
  static absl::StatusOr<Subject> SubjectOf(const DurableConfig& config);

  absl::StatusOr<Declared> CreateOrCompare(const Subject& subject, absl::Time deadline) const;
  // nats-server before 2.9.15, outside of a cluster, tells whoever declares a stream too that it is
  // there while another's request still makes it. A durable made at that moment has no way out of
  // the server: it counts deliveries that nobody gets and answers no pull, as long as it lives. It
  // was never heard, so deleting it loses nothing. In a cluster a member that is just starting can
  // say of any durable that it was never heard.
  absl::Status DeleteIfMute(const DurableConfig& config, absl::Time deadline) const;
  absl::StatusOr<Comparison> Compare(const Subject& subject, absl::Time deadline) const;
  absl::Status Create(const Subject& subject, absl::Time deadline) const;
  absl::Status Change(const Subject& subject, const std::string& field, absl::Time deadline) const;
  absl::StatusOr<nlohmann::json> Request(const std::string& subject, const std::string& body,
                                         absl::Time deadline) const;

  const NatsConnection& connection_;
};

}  // namespace tally::bus
