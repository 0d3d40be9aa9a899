#include "tests/integration/activity_service/served_instance.h"

#include "absl/time/clock.h"
#include "common/bus/nats_bus.h"
#include "tally/events/v1/order_events.pb.h"

namespace tally::activity {
namespace {

inbox::SubscriptionOptions Options() {
  inbox::SubscriptionOptions options;
  options.consumer = "activity_service";
  options.delivery.stream.name = "ORDERS";
  return options;
}

}  // namespace

ServedInstance::ServedInstance(const std::string& url, TokenWaiterOptions options,
                               WatchHubOptions watch_options)
    : instance_(url),
      reads_({.name = "reads"}, instance_.telemetry),
      tokens_(options, instance_.inbox_store, instance_.clock, instance_.telemetry),
      days_(
          instance_.store, instance_.inbox_store,
          [this] {
            absl::MutexLock lock(&mutex_);
            return progress_;
          },
          instance_.clock),
      watches_(
          watch_options,
          [this](absl::Span<const Day> days, int64_t known_mark) {
            return days_.ReadIfChanged(days, known_mark, absl::Now() + absl::Seconds(3));
          },
          instance_.clock, instance_.telemetry),
      activity_(days_, tokens_, watches_, reads_, instance_.clock, instance_.telemetry),
      bus_(bus::NewNatsBus({.urls = {"nats://127.0.0.1:1"}, .name = "test"}, instance_.telemetry)
               .value()),
      subscription_(Options(), *instance_.database, *bus_, instance_.counter, instance_.clock,
                    instance_.telemetry),
      ops_(ops::PayloadDecoder({events::v1::OrderCreated::descriptor()}), subscription_, *bus_,
           reads_, instance_.clock, instance_.telemetry),
      server_(rpc::Server::Start({.listen = {"127.0.0.1", 0}},
                                 {{activity_, [this] { watches_.Close(); }}, ops_},
                                 instance_.telemetry)
                  .value()),
      channel_(
          grpc::CreateChannel(server_->address().ToString(), grpc::InsecureChannelCredentials())),
      stub_(v1::ActivityService::NewStub(channel_)) {
  instance_.counter.OnCounted([this] { watches_.Notice(); });
  watches_.Start();
}

void ServedInstance::SetProgress(const inbox::Progress& progress) {
  absl::MutexLock lock(&mutex_);
  progress_ = progress;
}

int ServedInstance::TokenWaits() {
  return static_cast<int>(
      instance_.telemetry.metrics
          .AddGauge("tally_token_waits", "Calls that wait until an event is counted.")
          .Value());
}

}  // namespace tally::activity
