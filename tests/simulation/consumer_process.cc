#include "tests/simulation/consumer_process.h"

#include <algorithm>

#include "common/bus/topology.h"
#include "tests/simulation/producer_process.h"

namespace tally::simulation {
namespace {

constexpr absl::Duration kPatience = absl::Seconds(1);
constexpr base::BackoffPolicy kConsumerBackoff = {
    .initial = absl::Milliseconds(50), .max = absl::Milliseconds(500), .jitter = 0};

bus::DurableConfig Durable(const std::string& database_id) {
  bus::DurableConfig durable = bus::DurableOf(SimulatedStream(), kConsumer, database_id);
  durable.ack_wait = absl::Milliseconds(800);
  durable.max_ack_pending = 24;
  return durable;
}

inbox::ConsumerOptions Delivery(const std::string& database_id) {
  inbox::ConsumerOptions options;
  options.stream = SimulatedStream();
  options.durable = Durable(database_id);
  options.batch_max = 6;
  options.prefetch = 8;
  options.letters_every = absl::Milliseconds(200);
  options.letters_at_once = 4;
  options.bus_timeout = kPatience;
  options.declare_every = absl::Seconds(1);
  options.backoff = kConsumerBackoff;
  return options;
}

inbox::InboxOptions Announcing(inbox::InboxOptions options) {
  options.always_announce = true;
  return options;
}

std::vector<inbox::Producer> Producers(const std::vector<std::string>& sources, bus::Bus& bus,
                                       base::Clock& clock) {
  std::vector<inbox::Producer> producers;
  producers.reserve(sources.size());
  for (const std::string& source : sources) {
    producers.emplace_back(source, kConsumer, absl::Milliseconds(300), bus, clock);
  }
  return producers;
}

std::vector<inbox::Fetcher> Fetchers(std::vector<inbox::Producer>& producers,
                                     inbox::HealingStore& store, inbox::Inbox& inbox,
                                     base::Clock& clock, telemetry::Telemetry& telemetry) {
  std::vector<inbox::Fetcher> fetchers;
  fetchers.reserve(producers.size());
  for (inbox::Producer& producer : producers) {
    fetchers.emplace_back(producer, kPatience, store, inbox, clock, telemetry);
  }
  return fetchers;
}

}  // namespace

inbox::InboxOptions ConsumerProcess::Options() {
  inbox::InboxOptions options;
  options.letters.backoff = {
      .initial = absl::Milliseconds(200), .max = absl::Seconds(2), .jitter = 0};
  options.letters.attempts_max = 3;
  options.letters.attempt_time = absl::Seconds(1);
  options.gaps_max = 3;
  options.on_many_gaps = [this](const std::string& lane_id, const std::string& source) {
    scene_.sightings.Saw("many gaps asked for at once");
    errands_.FillGaps(lane_id, source);
    wake_healer_();
  };
  return options;
}

ConsumerProcess::ConsumerProcess(const std::string& name, const std::vector<std::string>& sources,
                                 const std::string& database_id, db::Database& database,
                                 const bool& mended, Network& network)
    : Process(name, network),
      scene_(network.scene()),
      telemetry_(telemetry::LogFormat::kText, kSilent, "simulation"),
      handler_(scene_, mended),
      store_(kConsumer, database),
      healing_(store_, /*sole_process=*/false),
      errands_(kPatience, healing_, scene_.clock),
      wake_consumer_(AddComponent("consumer", [this] { return consumer_.Step(); })),
      wake_healer_(AddComponent("healer", [this] { return Heal(); })),
      inbox_(Options(), store_, handler_, scene_.clock, telemetry_),
      healing_inbox_(Announcing(Options()), store_, handler_, scene_.clock, telemetry_),
      letters_(Options().letters, kPatience, store_, handler_, scene_.clock, telemetry_),
      producers_(Producers(sources, bus(), scene_.clock)),
      fetchers_(Fetchers(producers_, healing_, healing_inbox_, scene_.clock, telemetry_)),
      horizon_(absl::Milliseconds(400), producers_, healing_, scene_.clock),
      consumer_(
          Delivery(database_id), inbox_, letters_, bus(), [this] { wake_consumer_(); },
          scene_.clock, telemetry_),
      healer_({.holder = name,
               .durable = Durable(database_id),
               .every = absl::Seconds(1),
               .every_lane_every = absl::Seconds(3),
               .bus_timeout = kPatience,
               .session_timeout = kPatience},
              fetchers_, healing_, bus(), scene_.clock, telemetry_) {}

absl::Duration ConsumerProcess::Heal() {
  errands_.Run(fetchers_);
  const absl::Duration rest = healer_.Step();
  return std::min(rest, horizon_.Step());
}

void ConsumerProcess::Stop() { healer_.Stop(); }

void ConsumerProcess::Report(Sightings& sightings) {
  const auto saw = [&](const char* what, const char* metric) {
    sightings.Saw(what, static_cast<int64_t>(telemetry_.metrics.AddCounter(metric, "").Value()));
  };
  saw("batch of events bisected", "tally_inbox_bisections_total");
  saw("delivery of a covered event dropped", "tally_inbox_duplicates_total");
  saw("event healed", "tally_healing_events_total");
}

}  // namespace tally::simulation
