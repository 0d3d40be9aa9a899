#include "common/inbox/inbox.h"

#include <map>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "common/inbox/bisection.h"

namespace tally::inbox {
namespace {

absl::Status NotTheirFault(absl::string_view what, const absl::Status& cause) {
  return absl::UnavailableError(absl::StrCat(what, ": ", cause.ToString()));
}

std::map<std::string, std::string> LanesOf(absl::Span<Arrival* const> arrivals) {
  std::map<std::string, std::string> lane_to_source;
  for (const Arrival* arrival : arrivals) {
    if (arrival->placed()) lane_to_source.emplace(arrival->lane_id, arrival->source);
  }
  return lane_to_source;
}

std::vector<const bus::Event*> EventsOf(const std::vector<Arrival*>& arrivals) {
  std::vector<const bus::Event*> events;
  events.reserve(arrivals.size());
  for (const Arrival* arrival : arrivals) events.push_back(&arrival->event);
  return events;
}

}  // namespace

Inbox::Inbox(InboxOptions options, InboxStore& store, EventHandler& handler, base::Clock& clock,
             telemetry::Telemetry& telemetry)
    : options_(std::move(options)),
      store_(store),
      handler_(handler),
      clock_(clock),
      applied_total_(telemetry.metrics.AddCounter("tally_inbox_applied_total", "Events applied.")),
      duplicates_total_(telemetry.metrics.AddCounter("tally_inbox_duplicates_total",
                                                     "Deliveries dropped as seen before.")),
      bisections_total_(telemetry.metrics.AddCounter(
          "tally_inbox_bisections_total", "Batches bisected because the handler failed.")),
      batch_events_(
          telemetry.metrics.AddHistogram("tally_inbox_batch_events", "Events in a batch.", {},
                                         {1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000})),
      transaction_seconds_(telemetry.metrics.AddHistogram(
          "tally_inbox_transaction_seconds", "One transaction of the inbox, lock waits included.",
          {}, telemetry::Metrics::LatencyBounds())) {}

absl::StatusOr<Inbox::Received> Inbox::Receive(absl::Span<const bus::Delivery> deliveries,
                                               absl::Time stream_created,
                                               absl::FunctionRef<void()> still_working) {
  Received received;
  if (deliveries.empty()) return received;
  std::vector<Arrival> arrivals;
  arrivals.reserve(deliveries.size());
  for (const bus::Delivery& delivery : deliveries) {
    ReadDelivery(delivery, stream_created, arrivals);
  }
  batch_events_.Observe(static_cast<double>(arrivals.size()));
  std::vector<Arrival*> open;
  open.reserve(arrivals.size());
  for (Arrival& arrival : arrivals) open.push_back(&arrival);
  ASSIGN_OR_RETURN(Attempted all, Attempt(open));
  if (!all.handler.ok()) {
    RETURN_IF_ERROR(Bisect(all.plan.apply, still_working, received));
    std::erase_if(open, [](const Arrival* arrival) { return arrival->applied; });
    // What is left has its failure to its name or never was for the handler.
    ASSIGN_OR_RETURN(all, Attempt(open));
    if (!all.handler.ok()) return NotTheirFault("the handler", all.handler);
  }
  Count(all.plan, received);
  return received;
}

absl::StatusOr<Inbox::Attempted> Inbox::Attempt(absl::Span<Arrival* const> arrivals) {
  Attempted attempted;
  const absl::Time began = clock_.Now();
  const absl::Time deadline = store_.database().clock().Now() + options_.transaction_timeout;
  const absl::Status status =
      store_.database().Run(db::Mode::kWrite, deadline, [&](db::Transaction& transaction) {
        const std::map<std::string, std::string> lane_to_source = LanesOf(arrivals);
        ASSIGN_OR_RETURN(CoveredLanes covered,
                         store_.LockLanes(transaction, lane_to_source, began));
        attempted.plan = MakePlan(
            arrivals, [this](absl::string_view type) { return handler_.InterestIn(type); },
            covered);
        if (!attempted.plan.apply.empty()) {
          attempted.handler = ApplyEvents(handler_, transaction, EventsOf(attempted.plan.apply));
          RETURN_IF_ERROR(attempted.handler);
        }
        return Keep(transaction, attempted.plan, std::move(covered), lane_to_source);
      });
  transaction_seconds_.Observe(absl::ToDoubleSeconds(clock_.Now() - began));
  if (!attempted.handler.ok() && FaultOf(attempted.handler) != Fault::kDatabase) return attempted;
  if (!status.ok()) return NotTheirFault("the database", status);
  if (!attempted.plan.apply.empty()) handler_.Committed();
  return attempted;
}

absl::Status Inbox::Keep(db::Transaction& transaction, const BatchPlan& plan, CoveredLanes covered,
                         const std::map<std::string, std::string>& lane_to_source) {
  const absl::Time now = clock_.Now();
  std::vector<Letter> letters;
  for (const Arrival* arrival : plan.letters) {
    letters.push_back(NewLetter(*arrival, now));
    RecordFailure(options_.letters, arrival->fault, arrival->failure, now,
                  absl::Uniform(random_, 0.0, 1.0), letters.back());
  }
  std::erase_if(covered, [&](const auto& lane) { return !plan.changed.contains(lane.first); });
  for (const auto& [lane_id, lane] : covered) {
    if (lane.ranges().size() <= options_.gaps_max || !options_.on_many_gaps) continue;
    options_.on_many_gaps(lane_id, lane_to_source.at(lane_id));
  }
  RETURN_IF_ERROR(store_.SaveLanes(transaction, covered));
  return store_.InsertLetters(transaction, letters).status();
}

absl::Status Inbox::Bisect(absl::Span<Arrival* const> candidates,
                           absl::FunctionRef<void()> still_working, Received& received) {
  bisections_total_.Increment();
  Bisection bisection(candidates.size());
  absl::Status last_failure;
  while (const std::optional<std::vector<size_t>> part = bisection.Next()) {
    still_working();
    std::vector<Arrival*> arrivals;
    for (const size_t index : *part) arrivals.push_back(candidates[index]);
    ASSIGN_OR_RETURN(const Attempted attempted, Attempt(arrivals));
    if (attempted.handler.ok()) {
      bisection.Succeeded(/*applied=*/!attempted.plan.apply.empty());
      for (Arrival* arrival : arrivals) arrival->applied = true;
      Count(attempted.plan, received);
      continue;
    }
    last_failure = attempted.handler;
    bisection.Failed(FaultOf(last_failure));
    if (arrivals.size() == 1) arrivals[0]->Fail(FaultOf(last_failure), last_failure);
  }
  if (!bisection.EventsAreToBlame()) return NotTheirFault("every event fails", last_failure);
  return absl::OkStatus();
}

void Inbox::Count(const BatchPlan& plan, Received& received) {
  const auto applied = static_cast<int64_t>(plan.apply.size());
  received.applied += applied;
  received.duplicates += plan.duplicates;
  received.ignored += plan.ignored;
  received.letters += static_cast<int64_t>(plan.letters.size());
  applied_total_.Increment(static_cast<double>(applied));
  duplicates_total_.Increment(static_cast<double>(plan.duplicates));
}

}  // namespace tally::inbox
