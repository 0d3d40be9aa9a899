#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/bus/bus.h"
#include "common/bus/nats_bus.h"
#include "common/telemetry/telemetry.h"

namespace tally::bus {

class NatsConnection;

// A setting of a stream or durable that is not as declared, or the whole of one that is not there.
struct Deviation {
  std::string field;  // empty: there is no such stream or durable
  std::string wanted;
  std::string found;
};

// Makes and changes streams and durables as an operator asks: what services never do by themselves.
// The definitions are the ones that services declare. Every call blocks until its answer or
// `deadline`; each change is one request, so that what the server refuses holds nothing else up.
// Thread-safe.
class Provisioner {
 public:
  // UNAVAILABLE when no server was reached in time.
  static absl::StatusOr<std::unique_ptr<Provisioner>> Connect(NatsOptions options,
                                                              telemetry::Telemetry& telemetry,
                                                              absl::Time deadline);
  ~Provisioner();

  // Empty: all is as declared.
  absl::StatusOr<std::vector<Deviation>> Compare(const StreamConfig& config, absl::Time deadline);
  absl::StatusOr<std::vector<Deviation>> Compare(const DurableConfig& config, absl::Time deadline);

  // Puts one deviation right: creates, or gives the field its declared value and leaves all others
  // as they are. Not OK, in the server's words, where it refuses.
  absl::Status Mend(const StreamConfig& config, const Deviation& deviation, absl::Time deadline);
  absl::Status Mend(const DurableConfig& config, const Deviation& deviation, absl::Time deadline);

  // The durable's description; NOT_FOUND without one.
  absl::StatusOr<std::string> DescriptionOfDurable(const std::string& stream,
                                                   const std::string& durable, absl::Time deadline);

 private:
  explicit Provisioner(std::unique_ptr<NatsConnection> connection);

  const std::unique_ptr<NatsConnection> connection_;
};

}  // namespace tally::bus
