#include "common/ops/copy_watch.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "common/base/uuid_v7_source.h"
#include "common/ops/presence_sql.h"

namespace tally::ops {
namespace {

constexpr absl::Duration kSessionTimeout = absl::Seconds(1);
constexpr absl::Duration kRest = absl::Milliseconds(500);
constexpr size_t kQuestionsAtOnce = 16;
// In times of asking: who was not heard for so long is gone.
constexpr int kSilencesToForget = 3;
constexpr size_t kOthersMax = 100;

}  // namespace

CopyWatch::CopyWatch(CopyWatchOptions options, db::Database& database, bus::Bus& bus,
                     base::Clock& clock, telemetry::Telemetry& telemetry)
    : options_(std::move(options)),
      database_(database),
      bus_(bus),
      clock_(clock),
      life_(base::UuidV7Source(clock).Next().ToString()),
      log_(telemetry.log),
      copied_(telemetry.metrics.AddGauge(
          "tally_database_copied",
          "1 while a copy of the database is in use on this bus at the same time.")) {
  own_.set_instance(options_.instance);
}

absl::Duration CopyWatch::Step() {
  const absl::Time now = clock_.Now();
  const bool due = now < asked_ || now - asked_ >= options_.ask_every;
  // What is heard is held against the place as it is now, not as it was before a server's restart.
  if (due && !Look().ok()) return kRest;
  if (responder_ == nullptr) return kRest;
  Answer();
  if (due) {
    asked_ = now;
    Ask();
    Judge();
  }
  return kRest;
}

std::string CopyWatch::Found() const {
  absl::MutexLock lock(&mutex_);
  if (!copy_.has_value()) return "";
  return absl::StrCat("a copy of this database is in use on the same bus, by instance ",
                      copy_->instance);
}

void CopyWatch::RaiseAlarm(Alarms& alarms) const {
  const std::string found = Found();
  if (!found.empty()) Raise(kDatabaseCopied, found, absl::InfinitePast(), alarms);
}

absl::Status CopyWatch::Look() {
  if (responder_ == nullptr) {
    ASSIGN_OR_RETURN(const std::string identity, database_.Identity());
    subject_ = absl::StrCat("presence.v1.", identity);
    responder_ = bus_.NewResponder({.subject = subject_, .group = ""});
  }
  ASSIGN_OR_RETURN(*own_.mutable_place(), FindPlace());
  others_.erase(own_.place());
  return absl::OkStatus();
}

absl::StatusOr<std::string> CopyWatch::FindPlace() {
  if (database_.dialect() == db::Dialect::kSqlite) return life_;
  std::string place;
  RETURN_IF_ERROR(database_.Run(
      db::Mode::kRead, clock_.Now() + kSessionTimeout, [&](db::Transaction& transaction) {
        return transaction.Query<std::string>(sql::kFindPlace, {},
                                              [&](std::string found) { place = std::move(found); });
      }));
  return place;
}

void CopyWatch::Answer() {
  for (const bus::Question& question : responder_->Take(kQuestionsAtOnce)) {
    v1::Presence asker;
    if (!asker.ParseFromString(question.body) || asker.place() == own_.place()) continue;
    Hear(question.body);
    responder_->Answer(question, own_.SerializeAsString()).IgnoreError();
  }
}

void CopyWatch::Ask() {
  const absl::StatusOr<std::string> answer =
      bus_.Request(subject_, own_.SerializeAsString(), clock_.Now() + options_.answer_timeout);
  if (answer.ok()) Hear(*answer);
}

void CopyWatch::Hear(const std::string& presence) {
  v1::Presence other;
  if (!other.ParseFromString(presence) || other.place() == own_.place()) return;
  if (others_.size() >= kOthersMax && !others_.contains(other.place())) return;
  const absl::Time now = clock_.Now();
  const auto [heard, is_new] = others_.try_emplace(other.place());
  if (is_new) heard->second.first_heard = now;
  heard->second.instance = other.instance();
  heard->second.last_heard = now;
}

void CopyWatch::Judge() {
  const absl::Time now = clock_.Now();
  std::erase_if(others_, [&](const auto& other) {
    return now - other.second.last_heard > kSilencesToForget * options_.ask_every;
  });
  const auto copy = std::find_if(others_.begin(), others_.end(), [&](const auto& other) {
    return other.second.last_heard - other.second.first_heard >= options_.heard_for;
  });
  const bool found = copy != others_.end();
  absl::MutexLock lock(&mutex_);
  if (found && !copy_.has_value()) {
    log_.Warning(
        "a copy of this database is in use on the same bus: one of the two must stop, or have "
        "a bus of its own",
        {{"instance", copy->second.instance}});
  } else if (!found && copy_.has_value()) {
    log_.Info("no copy of this database is in use any more");
  }
  copied_.Set(found ? 1 : 0);
  copy_ = found ? std::make_optional(copy->second) : std::nullopt;
}

}  // namespace tally::ops
