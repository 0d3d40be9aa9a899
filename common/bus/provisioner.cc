#include "common/bus/provisioner.h"

#include <utility>

#include "absl/time/clock.h"
#include "common/base/status_macros.h"
#include "common/base/wake_up.h"
#include "common/bus/jetstream_api.h"
#include "common/bus/nats_connection.h"
#include "common/bus/nats_url.h"

namespace tally::bus {
namespace {

template <typename Config>
absl::StatusOr<std::vector<Deviation>> CompareWith(const NatsConnection& connection,
                                                   const Config& config, absl::Time deadline) {
  ASSIGN_OR_RETURN(const JetStreamApi::Comparison found,
                   JetStreamApi(connection).Compare(config, deadline));
  if (!found.has_value()) return std::vector<Deviation>{{"", "there", "not there"}};
  std::vector<Deviation> deviations;
  for (const Difference& difference : *found) {
    deviations.push_back({difference.field, difference.wanted, difference.found});
  }
  return deviations;
}

template <typename Config>
absl::Status MendOne(const NatsConnection& connection, const Config& config,
                     const Deviation& deviation, absl::Time deadline) {
  const JetStreamApi api(connection);
  return deviation.field.empty() ? api.Create(config, deadline)
                                 : api.Change(config, deviation.field, deadline);
}

}  // namespace

absl::StatusOr<std::unique_ptr<Provisioner>> Provisioner::Connect(NatsOptions options,
                                                                  telemetry::Telemetry& telemetry,
                                                                  absl::Time deadline) {
  std::vector<NatsUrl> urls;
  for (const std::string& text : options.urls) {
    ASSIGN_OR_RETURN(NatsUrl url, ParseNatsUrl(text));
    urls.push_back(std::move(url));
  }
  if (urls.empty()) return absl::InvalidArgumentError("no NATS URL");
  base::WakeUp connected;
  auto connection =
      std::make_unique<NatsConnection>(std::move(options), std::move(urls), telemetry);
  const int64_t listener = connection->AddListener([&connected] { connected.Set(); });
  while (connection->link() == nullptr && absl::Now() < deadline) {
    connected.WaitFor(deadline - absl::Now());
  }
  connection->RemoveListener(listener);
  if (connection->link() == nullptr) {
    return absl::UnavailableError("no NATS server could be reached");
  }
  return std::unique_ptr<Provisioner>(new Provisioner(std::move(connection)));
}

Provisioner::Provisioner(std::unique_ptr<NatsConnection> connection)
    : connection_(std::move(connection)) {}

Provisioner::~Provisioner() = default;

absl::StatusOr<std::vector<Deviation>> Provisioner::Compare(const StreamConfig& config,
                                                            absl::Time deadline) {
  return CompareWith(*connection_, config, deadline);
}

absl::StatusOr<std::vector<Deviation>> Provisioner::Compare(const DurableConfig& config,
                                                            absl::Time deadline) {
  return CompareWith(*connection_, config, deadline);
}

absl::Status Provisioner::Mend(const StreamConfig& config, const Deviation& deviation,
                               absl::Time deadline) {
  return MendOne(*connection_, config, deviation, deadline);
}

absl::Status Provisioner::Mend(const DurableConfig& config, const Deviation& deviation,
                               absl::Time deadline) {
  return MendOne(*connection_, config, deviation, deadline);
}

absl::StatusOr<std::string> Provisioner::DescriptionOfDurable(const std::string& stream,
                                                              const std::string& durable,
                                                              absl::Time deadline) {
  ASSIGN_OR_RETURN(const DurableState state,
                   JetStreamApi(*connection_).GetDurableState(stream, durable, deadline));
  return state.description;
}

}  // namespace tally::bus
