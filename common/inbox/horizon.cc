#include "common/inbox/horizon.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <utility>

#include "common/base/status_macros.h"

namespace tally::inbox {
namespace {

constexpr absl::Duration kLookEvery = absl::Milliseconds(200);
constexpr absl::Duration kSessionTimeout = absl::Seconds(1);
// An event is of the day in which it was recorded, a little before its commit.
constexpr absl::Duration kCommittedWithin = absl::Milliseconds(100);

// A producer's database that went back in time will never come as far as it had said.
void Lower(std::vector<Extent>& goal, const std::vector<Extent>& now) {
  std::map<std::string, int64_t> heads;
  for (const Extent& lane : now) heads[lane.lane_id] = lane.head;
  std::erase_if(goal, [&](const Extent& lane) { return !heads.contains(lane.lane_id); });
  for (Extent& lane : goal) lane.head = std::min(lane.head, heads[lane.lane_id]);
}

}  // namespace

Horizon::Horizon(absl::Duration ask_every, std::vector<Producer>& producers, HealingStore& store,
                 base::Clock& clock)
    : ask_every_(ask_every), producers_(producers), store_(store), clock_(clock) {}

absl::Duration Horizon::Step() {
  const absl::Time now = clock_.Now();
  if (now < asked_) Forget();
  if (now - asked_ >= ask_every_) {
    asked_ = now;
    if (absl::StatusOr<Goal> asked = Ask(); asked.ok()) {
      if (goal_.has_value()) Lower(goal_->lanes, asked->lanes);
      if (reached_.has_value()) Lower(reached_->lanes, asked->lanes);
      (goal_.has_value() ? next_goal_ : goal_) = *std::move(asked);
      absl::MutexLock lock(&mutex_);
      state_.answered = now;
      state_.behind = true;
    }
  }
  Advance();
  LookBack();
  return goal_.has_value() ? kLookEvery : ask_every_;
}

// The clock was set back: the times that are known would lie ahead.
void Horizon::Forget() {
  asked_ = absl::InfinitePast();
  goal_.reset();
  next_goal_.reset();
  reached_.reset();
  absl::MutexLock lock(&mutex_);
  state_ = State();
}

Horizon::State Horizon::Get() const {
  absl::MutexLock lock(&mutex_);
  return state_;
}

absl::StatusOr<Horizon::Goal> Horizon::Ask() {
  Goal goal{.asked = clock_.Now(), .lanes = {}};
  std::vector<SourceStore::Source> sources;
  RETURN_IF_ERROR(store_.database().Run(db::Mode::kRead, goal.asked + kSessionTimeout,
                                        [&](db::Transaction& transaction) -> absl::Status {
                                          ASSIGN_OR_RETURN(sources,
                                                           store_.sources().List(transaction));
                                          return absl::OkStatus();
                                        }));
  for (Producer& producer : producers_) {
    const auto known = std::find_if(sources.begin(), sources.end(), [&](const auto& source) {
      return source.source == producer.source();
    });
    if (known == sources.end()) return absl::UnavailableError("never compared with it");
    ASSIGN_OR_RETURN(Producer::Lanes answer, producer.ListLanes(/*every_lane=*/false));
    if (answer.database_id != known->database_id) {
      return absl::FailedPreconditionError("it answers from another database");
    }
    std::move(answer.lanes.begin(), answer.lanes.end(), std::back_inserter(goal.lanes));
  }
  return goal;
}

void Horizon::Advance() {
  while (goal_.has_value()) {
    const absl::StatusOr<bool> reached = Reached(*goal_);
    if (!reached.ok() || !*reached) return;
    absl::MutexLock lock(&mutex_);
    state_.as_of = std::max(state_.as_of, goal_->asked - kCommittedWithin);
    state_.behind = next_goal_.has_value();
    reached_ = std::exchange(goal_, std::exchange(next_goal_, std::nullopt));
    looked_back_ = clock_.Now();
  }
}

// The own database may have been replaced by a copy that lacks the last commits.
void Horizon::LookBack() {
  const absl::Time now = clock_.Now();
  if (!reached_.has_value() || (now >= looked_back_ && now - looked_back_ < ask_every_)) return;
  looked_back_ = now;
  const absl::StatusOr<bool> still = Reached(*reached_);
  if (still.value_or(true)) return;
  reached_.reset();
  absl::MutexLock lock(&mutex_);
  state_.as_of = absl::InfinitePast();
}

absl::StatusOr<bool> Horizon::Reached(const Goal& goal) {
  std::vector<std::string> lane_ids;
  for (const Extent& lane : goal.lanes) lane_ids.push_back(lane.lane_id);
  bool reached = false;
  RETURN_IF_ERROR(store_.database().Run(
      db::Mode::kRead, clock_.Now() + kSessionTimeout,
      [&](db::Transaction& transaction) -> absl::Status {
        ASSIGN_OR_RETURN(const CoveredLanes covered, store_.ReadCovered(transaction, lane_ids));
        ASSIGN_OR_RETURN(const auto findings, store_.ListFindings(transaction, lane_ids));
        reached = CoversAll(goal.lanes, covered, findings);
        return absl::OkStatus();
      }));
  return reached;
}

}  // namespace tally::inbox
