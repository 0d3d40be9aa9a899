#include "common/inbox/inbox.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
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

std::set<std::string> LaneIdsOf(const std::vector<Arrival*>& arrivals) {
  std::set<std::string> lane_ids;
  for (const Arrival* arrival : arrivals) {
    if (arrival->placed()) lane_ids.insert(arrival->lane_id);
  }
  return lane_ids;
}

std::vector<Arrival*> NotApplied(std::vector<Arrival*> arrivals) {
  std::erase_if(arrivals, [](const Arrival* arrival) { return arrival->applied; });
  return arrivals;
}

absl::Status NotAnnounced(absl::Span<Arrival* const>) { return absl::OkStatus(); }

bool OfOneMessage(absl::Span<Arrival* const> arrivals) {
  return std::all_of(arrivals.begin(), arrivals.end(), [&](const Arrival* arrival) {
    return arrival->delivery == arrivals.front()->delivery;
  });
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
      log_(telemetry.log),
      applied_total_(telemetry.metrics.AddCounter("tally_inbox_applied_total", "Events applied.")),
      duplicates_total_(telemetry.metrics.AddCounter("tally_inbox_duplicates_total",
                                                     "Deliveries dropped as seen before.")),
      bisections_total_(telemetry.metrics.AddCounter(
          "tally_inbox_bisections_total", "Batches bisected because the handler failed.")),
      unended_total_(telemetry.metrics.AddCounter(
          "tally_inbox_unended_total",
          "Events that were begun and did not survive it: the process ended.")),
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
  std::vector<Arrival*> fresh, again;
  fresh.reserve(arrivals.size());
  for (Arrival& arrival : arrivals) {
    const bool announced = options_.always_announce || arrival.delivery->delivery_count > 1;
    (announced ? again : fresh).push_back(&arrival);
  }
  RETURN_IF_ERROR(Settle(fresh, still_working, received));
  RETURN_IF_ERROR(SettleAgain(again, still_working, received));
  return received;
}

absl::Status Inbox::Settle(const std::vector<Arrival*>& arrivals,
                           absl::FunctionRef<void()> still_working, Received& received) {
  if (arrivals.empty()) return absl::OkStatus();
  ASSIGN_OR_RETURN(Attempted all, Attempt(arrivals));
  if (!all.handler.ok()) {
    bisections_total_.Increment();
    RETURN_IF_ERROR(Bisect(
        all.plan.apply,
        Bisection(all.plan.apply.size(), Bisection::Parts::kHalves, OfOneMessage(all.plan.apply)),
        NotAnnounced, still_working, received));
    // What is left has its failure to its name or never was for the handler.
    ASSIGN_OR_RETURN(all, Attempt(NotApplied(arrivals)));
    if (!all.handler.ok()) return NotTheirFault("the handler", all.handler);
  }
  Count(all.plan, received);
  return absl::OkStatus();
}

absl::Status Inbox::SettleAgain(const std::vector<Arrival*>& arrivals,
                                absl::FunctionRef<void()> still_working, Received& received) {
  if (arrivals.empty()) return absl::OkStatus();
  LaneMarks marks;
  const absl::Status read = store_.database().Run(
      db::Mode::kRead, Deadline(), [&](db::Transaction& transaction) -> absl::Status {
        ASSIGN_OR_RETURN(marks, store_.ReadMarks(transaction, LaneIdsOf(arrivals)));
        return absl::OkStatus();
      });
  if (!read.ok()) return NotTheirFault("the database", read);
  for (const auto& [lane_id, returned] : returned_) {
    if (const auto mark = marks.find(lane_id); mark != marks.end()) {
      mark->second.begun.any = mark->second.begun.any.Without(returned);
    }
  }
  Narrowing narrowing = Narrow(arrivals, marks);
  Tell(narrowing);
  std::vector<Arrival*> announced;
  const auto announce = [&](absl::Span<Arrival* const> part) {
    announced.insert(announced.end(), part.begin(), part.end());
    return Begin(arrivals, part);
  };
  absl::Status status = SettleNarrowed(narrowing, announce, still_working, received);
  if (status.ok()) {
    NoteReturned(arrivals, true);
  } else if (!announced.empty()) {
    // The process goes on: nothing it began stays begun, or it knows that it is over.
    NoteReturned(announced, Begin(announced, {}).ok());
  }
  return status;
}

void Inbox::NoteReturned(const std::vector<Arrival*>& arrivals, bool withdrawn) {
  CoveredLanes sequences;
  for (const Arrival* arrival : arrivals) {
    if (arrival->placed()) sequences[arrival->lane_id].Add(arrival->sequence);
  }
  for (const auto& [lane_id, of_lane] : sequences) {
    base::SequenceSet& returned = returned_[lane_id];
    if (withdrawn) {
      returned = returned.Without(of_lane);
    } else {
      returned.Merge(of_lane);
    }
    if (returned.highest() == 0) returned_.erase(lane_id);
  }
}

void Inbox::Tell(const Narrowing& narrowing) {
  unended_total_.Increment(static_cast<double>(narrowing.suspects + narrowing.to_blame.size()));
  if (narrowing.suspects > 0) {
    log_.Warning("a process ended while it applied these events: they are tried in parts",
                 {{"events", narrowing.suspects}, {"first", narrowing.first_suspect}});
  }
  for (const Arrival* arrival : narrowing.to_blame) {
    log_.Error("a process ended while it applied this event alone: it is kept as a letter",
               {{"event", arrival->event_id}});
  }
}

absl::Status Inbox::SettleNarrowed(Narrowing& narrowing, Announce announce,
                                   absl::FunctionRef<void()> still_working, Received& received) {
  const auto together = [&](const std::vector<Arrival*>& part) -> absl::Status {
    if (part.empty()) return absl::OkStatus();
    still_working();
    RETURN_IF_ERROR(announce(part));
    return Settle(part, still_working, received);
  };
  RETURN_IF_ERROR(Settle(narrowing.settled, still_working, received));
  for (const std::vector<Arrival*>& part : narrowing.parts) RETURN_IF_ERROR(together(part));
  if (!narrowing.alone.empty()) {
    RETURN_IF_ERROR(Bisect(
        narrowing.alone,
        Bisection(narrowing.alone.size(), Bisection::Parts::kAlone, OfOneMessage(narrowing.alone)),
        announce, still_working, received));
    RETURN_IF_ERROR(Settle(NotApplied(narrowing.alone), still_working, received));
  }
  return together(narrowing.unmarked);
}

absl::Status Inbox::Begin(const std::vector<Arrival*>& arrivals, absl::Span<Arrival* const> part) {
  const absl::Status status = store_.database().Run(
      db::Mode::kWrite, Deadline(), [&](db::Transaction& transaction) -> absl::Status {
        RETURN_IF_ERROR(store_.LockLanes(transaction, LanesOf(arrivals), clock_.Now()).status());
        ASSIGN_OR_RETURN(const LaneMarks marks, store_.ReadMarks(transaction, LaneIdsOf(arrivals)));
        return store_.SaveBegun(transaction, MarkBegun(arrivals, part, marks));
      });
  return status.ok() ? status : NotTheirFault("the database", status);
}

absl::StatusOr<Inbox::Attempted> Inbox::Attempt(absl::Span<Arrival* const> arrivals) {
  Attempted attempted;
  const absl::Time began = clock_.Now();
  bool applied = false;
  const absl::Status status =
      store_.database().Run(db::Mode::kWrite, Deadline(), [&](db::Transaction& transaction) {
        const std::map<std::string, std::string> lane_to_source = LanesOf(arrivals);
        ASSIGN_OR_RETURN(CoveredLanes covered,
                         store_.LockLanes(transaction, lane_to_source, began));
        attempted.plan = MakePlan(
            arrivals, [this](absl::string_view type) { return handler_.InterestIn(type); },
            covered);
        if (!attempted.plan.apply.empty()) {
          attempted.handler = ApplyEvents(handler_, transaction, EventsOf(attempted.plan.apply));
          RETURN_IF_ERROR(attempted.handler);
          applied = true;
        }
        return Keep(transaction, attempted.plan, std::move(covered), lane_to_source);
      });
  if (applied && InboxStore::FailedByHandler(status)) attempted.handler = status;
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

absl::Status Inbox::Bisect(absl::Span<Arrival* const> candidates, Bisection bisection,
                           Announce announce, absl::FunctionRef<void()> still_working,
                           Received& received) {
  if (received.applied > 0) bisection.OthersSucceeded();
  absl::Status last_failure;
  while (const std::optional<std::vector<size_t>> part = bisection.Next()) {
    still_working();
    std::vector<Arrival*> arrivals;
    for (const size_t index : *part) arrivals.push_back(candidates[index]);
    RETURN_IF_ERROR(announce(arrivals));
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

absl::Time Inbox::Deadline() {
  return store_.database().clock().Now() + options_.transaction_timeout;
}

}  // namespace tally::inbox
