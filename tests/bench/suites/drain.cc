// Backlogs: a relay with a lane that an outage left behind, a consumer that was away, a stream that
// was purged before anyone took its events.

#include <functional>

#include "absl/strings/str_cat.h"
#include "common/base/monotonic.h"
#include "common/base/status_macros.h"
#include "tests/bench/backlog.h"
#include "tests/bench/load.h"
#include "tests/bench/nats_stream.h"
#include "tests/bench/process_use.h"
#include "tests/bench/start_system.h"
#include "tests/bench/suites/suites.h"

namespace tally::bench {
namespace {

constexpr char kStream[] = "ORDERS";
constexpr char kSubjects[] = "orders.v1.>";
constexpr char kPublished[] = "tally_relay_published_total";
constexpr char kCounted[] = "tally_inbox_applied_total";
constexpr absl::Duration kStopPatience = absl::Seconds(30);

// The events on their way, one stretch after the other.
class Drain {
 public:
  Drain(Bench& bench, e2e::System& system, int message_events)
      : bench_(bench), system_(system), message_events_(message_events) {}

  // The consumer is stopped; the relay publishes what it finds in the table.
  absl::Status Relay() {
    RETURN_IF_ERROR(system_.activity().Terminate(kStopPatience).status());
    RETURN_IF_ERROR(system_.nats().Administer("STREAM.PURGE.ORDERS"));
    return Measure("relay", system_.orders(), [&] { return PublishBacklog(); });
  }

  // The same stream, with no work.
  absl::Status Yardstick() {
    ASSIGN_OR_RETURN(const auto stream, NatsStream::Connect(system_.nats().url()));
    ASSIGN_OR_RETURN(const int64_t messages, stream->MessagesOf(kStream));
    return bench_.Measure(
        Name("nats.c"), "events_per_second", [&](Findings& findings) -> absl::Status {
          const absl::Duration start = base::MonotonicNow();
          RETURN_IF_ERROR(stream->FetchAndAcknowledge(kSubjects, messages));
          findings.Add("events_per_second",
                       events() / absl::ToDoubleSeconds(base::MonotonicNow() - start));
          findings.Add("events", events());
          return absl::OkStatus();
        });
  }

  // The consumer comes back.
  absl::Status Consumer() {
    RETURN_IF_ERROR(system_.activity().Start());
    return Measure("consumer", system_.activity(), [&] { return CountBacklog(); });
  }

  // All of another backlog is lost by the bus before the consumer comes back.
  absl::Status Healing() {
    RETURN_IF_ERROR(system_.activity().Terminate(kStopPatience).status());
    bench_.Announce("another backlog, to be lost");
    RETURN_IF_ERROR(PublishBacklog().status());
    RETURN_IF_ERROR(system_.nats().Administer("STREAM.PURGE.ORDERS"));
    RETURN_IF_ERROR(system_.activity().Start());
    return Measure("healing", system_.activity(), [&] { return CountBacklog(); });
  }

 private:
  double events() const { return static_cast<double>(bench_.options().backlog_events); }
  std::string Name(const char* what) const {
    return absl::StrCat("drain/", what, "/", message_events_);
  }

  absl::Status Measure(const char* what, e2e::ServiceProcess& service,
                       const std::function<absl::StatusOr<double>()>& rate_of) {
    return bench_.Measure(Name(what), "events_per_second", [&](Findings& findings) -> absl::Status {
      ForgetPeakMemory(service.pid());
      ASSIGN_OR_RETURN(const double rate, rate_of());
      findings.Add("events_per_second", rate);
      findings.Add("events", events());
      findings.Add("peak_memory_mib",
                   static_cast<double>(PeakMemoryBytesOf(service.pid())) / (1 << 20));
      return absl::OkStatus();
    });
  }

  absl::StatusOr<double> PublishBacklog() {
    ASSIGN_OR_RETURN(const double before, system_.orders().Metric(kPublished));
    RETURN_IF_ERROR(FillLanes(system_, 1, bench_.options().backlog_events));
    return RateOf({system_.orders(), kPublished, before, events()});
  }

  absl::StatusOr<double> CountBacklog() {
    return RateOf({system_.activity(), kCounted, 0, events()});
  }

  Bench& bench_;
  e2e::System& system_;
  const int message_events_;
};

absl::Status RunRound(Bench& bench) {
  for (const int message_events : {256, 1}) {
    ASSIGN_OR_RETURN(
        const auto system,
        StartSystem(bench, On::kPostgres, {absl::StrCat("--message_events=", message_events)}));
    RETURN_IF_ERROR(WarmUp(*system));
    Drain drain(bench, *system, message_events);
    RETURN_IF_ERROR(drain.Relay());
    RETURN_IF_ERROR(drain.Yardstick());
    RETURN_IF_ERROR(drain.Consumer());
    if (message_events > 1) RETURN_IF_ERROR(drain.Healing());
  }
  return absl::OkStatus();
}

}  // namespace

Suite DrainSuite() {
  return {.name = "drain",
          .summary =
              "backlogs of a relay, a consumer and of healing, with 256 events in a message and 1",
          .rounds_max = 3,
          .round_time =
              [](const Options& options) {
                return absl::Seconds(30) + options.backlog_events * absl::Microseconds(150);
              },
          .run_round = &RunRound};
}

}  // namespace tally::bench
