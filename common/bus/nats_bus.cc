#include "common/bus/nats_bus.h"

#include <utility>

#include "common/base/status_macros.h"
#include "common/bus/jetstream_api.h"
#include "common/bus/nats_connection.h"
#include "common/bus/nats_publisher.h"
#include "common/bus/nats_pull_consumer.h"
#include "common/bus/nats_request.h"
#include "common/bus/nats_responder.h"
#include "common/bus/nats_url.h"

namespace tally::bus {
namespace {

class NatsBus final : public Bus {
 public:
  NatsBus(NatsOptions options, std::vector<NatsUrl> urls, telemetry::Telemetry& telemetry)
      : metrics_(telemetry.metrics),
        connection_(std::move(options), std::move(urls), telemetry),
        api_(connection_) {}

  bool Connected() const override { return connection_.link() != nullptr; }
  absl::StatusOr<int64_t> MaxPayload() const override { return connection_.max_payload(); }

  std::string ServerVersion() const override { return connection_.server_version(); }

  absl::StatusOr<Declared> Declare(const StreamConfig& config, absl::Time deadline) override {
    return api_.Declare(config, deadline);
  }
  absl::StatusOr<Declared> Declare(const DurableConfig& config, absl::Time deadline) override {
    return api_.Declare(config, deadline);
  }
  absl::StatusOr<StreamState> GetStreamState(const std::string& stream,
                                             absl::Time deadline) override {
    return api_.GetStreamState(stream, deadline);
  }
  absl::StatusOr<DurableState> GetDurableState(const std::string& stream,
                                               const std::string& durable,
                                               absl::Time deadline) override {
    return api_.GetDurableState(stream, durable, deadline);
  }

  std::unique_ptr<Publisher> NewPublisher(PublisherOptions options) override {
    return std::make_unique<NatsPublisher>(connection_, std::move(options), metrics_);
  }
  std::unique_ptr<PullConsumer> NewPullConsumer(PullConsumerOptions options) override {
    return std::make_unique<NatsPullConsumer>(connection_, std::move(options), metrics_);
  }
  std::unique_ptr<Responder> NewResponder(ResponderOptions options) override {
    return std::make_unique<NatsResponder>(connection_, std::move(options));
  }
  absl::StatusOr<std::string> Request(const std::string& subject, const std::string& body,
                                      absl::Time deadline) override {
    return bus::Request(connection_, subject, body, deadline);
  }

 private:
  telemetry::Metrics& metrics_;
  NatsConnection connection_;
  const JetStreamApi api_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<Bus>> NewNatsBus(NatsOptions options,
                                                telemetry::Telemetry& telemetry) {
  if (options.urls.empty()) return absl::InvalidArgumentError("no NATS URL");
  if (options.ping_interval < absl::Milliseconds(1) ||
      options.reconnect_wait < absl::Milliseconds(1)) {
    return absl::InvalidArgumentError(
        "NATS ping interval and reconnect wait must be at least 1 ms");
  }
  std::vector<NatsUrl> urls;
  for (const std::string& text : options.urls) {
    ASSIGN_OR_RETURN(NatsUrl url, ParseNatsUrl(text));
    urls.push_back(std::move(url));
  }
  return std::unique_ptr<Bus>(
      std::make_unique<NatsBus>(std::move(options), std::move(urls), telemetry));
}

}  // namespace tally::bus
