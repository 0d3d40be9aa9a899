#include "common/outbox/writer.h"

#include <utility>

#include "common/base/status_macros.h"
#include "common/db/error.h"

namespace tally::outbox {

Writer::Writer(WriterOptions options, CommandQueue& queue, BatchHandler& handler, LaneStore& lanes,
               Handover& handover, base::Clock& clock, telemetry::Telemetry& telemetry)
    : options_(options),
      queue_(queue),
      handler_(handler),
      lanes_(lanes),
      handover_(handover),
      clock_(clock),
      log_(telemetry.log),
      batches_total_(telemetry.metrics.AddCounter("tally_writer_batches_total",
                                                  "Batches of commands that were committed.")),
      unknown_outcomes_total_(telemetry.metrics.AddCounter(
          "tally_writer_unknown_outcomes_total", "Commits whose connection was lost meanwhile.")),
      bisections_total_(telemetry.metrics.AddCounter(
          "tally_writer_bisections_total", "Batches split in two to find a bad command.")),
      batch_commands_(telemetry.metrics.AddHistogram(
          "tally_writer_batch_commands", "Commands in a committed batch.", {},
          {1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024})),
      commit_seconds_(telemetry.metrics.AddHistogram(
          "tally_writer_commit_seconds", "From beginning a batch's transaction to its commit.", {},
          telemetry::Metrics::LatencyBounds())),
      backoff_(options.backoff),
      failures_(telemetry.log, "writing commands") {}

absl::Duration Writer::Step() {
  if (batches_.empty()) TakeBatch();
  GiveUpOverdue();
  if (lane_.has_value() && !lane_->usable) {  // also when nobody waits any more
    if (const absl::Status closed = CloseLane(SessionDeadline()); !closed.ok()) return Rest(closed);
  }
  if (batches_.empty()) return absl::InfiniteDuration();
  if (!lane_.has_value()) {
    if (const absl::Status opened = OpenLane(); !opened.ok()) return Rest(opened);
  }
  const absl::Status written = Write(batches_.back());
  if (!written.ok()) return AfterFailure(written);
  batches_.back().Finish(absl::OkStatus());
  batches_.pop_back();
  backoff_.Reset();
  failures_.Note(absl::OkStatus());
  return absl::ZeroDuration();
}

void Writer::TakeBatch() {
  auto commands = queue_.Take(options_.batch_commands_min, options_.batch_commands_max,
                              options_.batch_bytes_max);
  if (!commands.empty()) batches_.emplace_back(std::move(commands));
}

void Writer::GiveUpOverdue() {
  const absl::Time now = clock_.Now();
  for (CommandBatch& batch : batches_) batch.GiveUpOverdue(now, failures_.failing());
  while (!batches_.empty() && batches_.back().empty()) batches_.pop_back();
}

absl::Status Writer::OpenLane() {
  ASSIGN_OR_RETURN(std::string id, lanes_.Open(SessionDeadline()));
  handover_.Opened(id);
  lane_.emplace(Lane{.id = std::move(id)});
  return absl::OkStatus();
}

absl::Status Writer::CloseLane(absl::Time deadline) {
  absl::StatusOr<int64_t> final_sequence = lanes_.Close(lane_->id, deadline);
  if (absl::IsNotFound(final_sequence.status())) final_sequence = 0;  // another database's
  if (!final_sequence.ok()) return final_sequence.status();
  handover_.Closed(lane_->id, *final_sequence);
  lane_.reset();
  return absl::OkStatus();
}

absl::Status Writer::Write(CommandBatch& batch) {
  const absl::Time start = clock_.Now();
  ASSIGN_OR_RETURN(auto transaction,
                   db::Transaction::Begin(lanes_.database(), db::Mode::kWrite, SessionDeadline()));
  RETURN_IF_ERROR(LaneStore::Fence(transaction, lane_->id, lane_->head));
  LaneAppender appender(lane_->id, lane_->head, clock_.Now());
  RETURN_IF_ERROR(handler_.Write(transaction, batch.commands(), appender, batch.attempt()));
  if (!appender.events().empty()) RETURN_IF_ERROR(lanes_.Append(transaction, appender));
  RETURN_IF_ERROR(Commit(transaction, batch));
  if (lane_->head != appender.head()) {
    lane_->head = appender.head();
    handover_.Committed(lane_->id, lane_->head, std::move(appender).TakeEvents());
  }
  batches_total_.Increment();
  batch_commands_.Observe(static_cast<double>(batch.commands().size()));
  commit_seconds_.Observe(absl::ToDoubleSeconds(clock_.Now() - start));
  return absl::OkStatus();
}

absl::Status Writer::Commit(db::Transaction& transaction, CommandBatch& batch) {
  const absl::Status status = transaction.Commit();
  if (db::KindOf(status) == db::ErrorKind::kUnknownOutcome) {
    lane_->usable = false;
    batch.OutcomeUnknown();
    unknown_outcomes_total_.Increment();
    log_.Warning("commit of unknown outcome", {{"lane", lane_->id}});
  }
  return status;
}

absl::Duration Writer::AfterFailure(const absl::Status& status) {
  if (LaneStore::FenceFailed(status)) {
    lane_->usable = false;
    log_.Info("lane closed, gone, or not where it was left: another is needed",
              {{"lane", lane_->id}});
  }
  if (!lane_->usable) {
    // A lane that is lost before its first batch may be followed by another like it, and so on.
    return lane_->head == 0 ? Rest(status) : absl::ZeroDuration();
  }
  CommandBatch& batch = batches_.back();
  switch (batch.AttemptFailed(status)) {
    case CommandBatch::Next::kRepeatAtOnce:
      break;
    case CommandBatch::Next::kRepeatLater:
      return Rest(status);
    case CommandBatch::Next::kBisect:
      bisections_total_.Increment();
      batches_.push_back(batch.SplitOff());
      break;
    case CommandBatch::Next::kFail:
      batch.Fail(status);
      batches_.pop_back();
      break;
  }
  return absl::ZeroDuration();
}

absl::Duration Writer::Rest(const absl::Status& status) {
  failures_.Note(status);
  return backoff_.Next();
}

void Writer::Close(absl::Time deadline) {
  absl::Status status;
  do {
    status = lane_.has_value() ? CloseLane(deadline) : absl::OkStatus();
  } while (db::KindOf(status) == db::ErrorKind::kRetry && clock_.Now() < deadline);
  if (!status.ok()) log_.Warning("lane left open", {{"lane", lane_->id}, {"why", status}});
  batches_.clear();
}

}  // namespace tally::outbox
