#include "activity_service/service/watch_hub.h"

#include <algorithm>
#include <utility>

#include "common/base/monotonic.h"
#include "common/rpc/errors.h"
#include "common/telemetry/thread_liveness.h"

namespace tally::activity {
namespace {

using Response = v1::WatchDailyActivityResponse;

constexpr int kPollRestFactor = 4;  // polling takes a fifth of the time at most
constexpr absl::Duration kComeBack = absl::Seconds(1);
constexpr absl::Duration kComeBackLater = absl::Seconds(10);

absl::Status TooSlow() {
  return rpc::ResourceExhausted("READS_TOO_SLOWLY", "the stream is read too slowly; begin again",
                                kComeBack);
}

absl::Status Stopping() {
  return rpc::Unavailable("STOPPING", "the service stops; begin again", kComeBack);
}

}  // namespace

WatchHub::WatchHub(WatchHubOptions options, Source source, base::Clock& clock,
                   telemetry::Telemetry& telemetry)
    : options_(options),
      source_(std::move(source)),
      clock_(clock),
      pauses_(clock),
      health_(telemetry.health),
      watchers_gauge_(telemetry.metrics.AddGauge("tally_watchers", "Streams that watch a day.")),
      polls_total_(telemetry.metrics.AddCounter(
          "tally_watch_polls_total", "Looks at the database on behalf of all who watch.")),
      cut_total_(telemetry.metrics.AddCounter(
          "tally_watchers_cut_total", "Streams ended because they were read too slowly.")) {}

WatchHub::~WatchHub() {
  if (thread_ != nullptr) thread_->Stop();
}

void WatchHub::Start() {
  thread_ = std::make_shared<base::StepThread>("watch_hub", [this] { return Step(); });
  telemetry::AddThreadLiveness(health_, "watch_hub", thread_);
}

absl::Status WatchHub::Add(const WatchQuery& query, Stream& stream) {
  {
    absl::MutexLock lock(&mutex_);
    if (closed_) return Stopping();
    if (watchers_.size() >= options_.watchers_max) {
      return rpc::ResourceExhausted("TOO_MANY_WATCHERS", "too many are watching", kComeBackLater);
    }
    watchers_.emplace(&stream, Watcher{Watch(query, options_.heartbeat, clock_.Now())});
    watchers_gauge_.Set(static_cast<double>(watchers_.size()));
    poll_soon_ = true;
  }
  Wake();
  return absl::OkStatus();
}

void WatchHub::Remove(Stream& stream) {
  absl::MutexLock lock(&mutex_);
  watchers_.erase(&stream);
  watchers_gauge_.Set(static_cast<double>(watchers_.size()));
}

void WatchHub::Notice() {
  // Once for each poll: many batches are counted in a second.
  if (!noticed_.exchange(true)) Wake();
}

void WatchHub::Close() {
  absl::MutexLock lock(&mutex_);
  closed_ = true;
  for (auto& [stream, watcher] : watchers_) stream->Finish(Stopping());
}

void WatchHub::Wake() {
  if (thread_ != nullptr) thread_->Wake();
}

absl::Duration WatchHub::Step() {
  const absl::Time now = pauses_.Now();
  if (IsPollDue(now)) Poll(now);
  return Serve(now) - now;
}

bool WatchHub::IsPollDue(absl::Time now) {
  absl::MutexLock lock(&mutex_);
  if (watchers_.empty()) return false;
  return now >= (poll_soon_ || noticed_ ? rested_ : next_poll_);
}

void WatchHub::Poll(absl::Time now) {
  const absl::Duration began = base::MonotonicNow();
  const absl::Time read_at = clock_.Now();
  const bool noticed = noticed_.exchange(false);
  const std::vector<Day> days = GatherDays();
  const bool is_new = std::any_of(days_.begin(), days_.end(),
                                  [](const auto& day) { return day.second.version == 0; });
  // What neither notice nor mark told, as the outcome of a COMMIT that nobody knows, is seen then.
  const bool is_old = now - days_read_ >= options_.heartbeat;
  polls_total_.Increment();
  absl::StatusOr<DayReading> reading =
      source_(days, noticed || is_new || is_old ? DayReader::kNoMark : mark_);
  poll_status_ = reading.status();
  for (auto& [key, day] : days_) day.messages.clear();
  if (reading.ok()) {
    if (!reading->days.empty()) days_read_ = now;
    Take(days, *std::move(reading));
    read_at_ = read_at;
  } else {
    if (noticed) noticed_ = true;
    Doubt();
  }
  const absl::Duration rest = kPollRestFactor * (base::MonotonicNow() - began);
  rested_ = now + std::max(options_.poll_rest, rest);
  next_poll_ = now + std::max(options_.poll_interval, rest);
  if (!poll_status_.ok()) rested_ = next_poll_;
}

// What is watched from now on; days_ has an entry for each, and no others.
std::vector<Day> WatchHub::GatherDays() {
  std::map<DayKey, Day> watched;
  {
    absl::MutexLock lock(&mutex_);
    poll_soon_ = false;
    for (auto& [stream, watcher] : watchers_) {
      watcher.was_here = true;
      watched.try_emplace(KeyOf(watcher.watch.day()), watcher.watch.day());
    }
  }
  std::erase_if(days_, [&](const auto& day) { return !watched.contains(day.first); });
  std::vector<Day> days;
  for (auto& [key, day] : watched) {
    days_.try_emplace(key);
    days.push_back(std::move(day));
  }
  return days;
}

void WatchHub::Take(absl::Span<const Day> days, DayReading reading) {
  for (size_t i = 0; i < reading.days.size(); ++i) {
    WatchedDay& day = days_[KeyOf(days[i])];
    const bool is_same =
        day.version > 0 && day.state.SerializeAsString() == reading.days[i].SerializeAsString();
    if (is_same) continue;
    ++day.version;
    day.state = std::move(reading.days[i]);
  }
  mark_ = reading.mark;
  freshness_ = std::move(reading.freshness);
}

// Nothing can be read: what was known grows old and is not taken for complete.
void WatchHub::Doubt() {
  freshness_.set_completeness(
      std::max(freshness_.completeness(), v1::Freshness::COMPLETENESS_UNKNOWN));
  SetLag(clock_.Now(), freshness_);
}

absl::Time WatchHub::Serve(absl::Time now) {
  absl::MutexLock lock(&mutex_);
  if (watchers_.empty()) return absl::InfiniteFuture();
  absl::Time next = next_poll_;
  for (auto& [stream, watcher] : watchers_) next = std::min(next, Serve(*stream, watcher, now));
  return poll_soon_ || noticed_ ? std::min(next, rested_) : next;
}

absl::Time WatchHub::Serve(Stream& stream, Watcher& watcher, absl::Time now) {
  if (!watcher.was_here) return absl::InfiniteFuture();  // A poll is due for it.
  if (watcher.cut_at != absl::InfiniteFuture()) return CutWhenDue(stream, watcher, now);
  Watch& watch = watcher.watch;
  watch.MoveOn(read_at_, days_[KeyOf(watch.day())].version);
  WatchedDay& day = days_[KeyOf(watch.day())];
  if (day.version == 0) poll_soon_ = true;
  if (!watch.HasBegun() && !poll_status_.ok()) {
    stream.Finish(poll_status_);
    return absl::InfiniteFuture();
  }
  const Watch::Kind kind = watch.Due(now, read_at_, day.version);
  if (kind != Watch::kNothing) {
    if (!stream.Write(MessageOf(day, kind))) return Wait(stream, watcher, now);
    watch.Sent(kind, day.version, now);
  }
  return watch.NextDue(read_at_, day.version);
}

// The message before is still on its way; the next poll tries again.
absl::Time WatchHub::Wait(Stream& stream, Watcher& watcher, absl::Time now) {
  if (!watcher.watch.HasBegun()) return absl::InfiniteFuture();  // It has ended by itself.
  const absl::Time too_slow = watcher.watch.last_sent() + options_.write_max;
  if (now < too_slow) return too_slow;
  stream.Finish(TooSlow());
  cut_total_.Increment();
  watcher.cut_at = now + options_.write_max;
  return watcher.cut_at;
}

absl::Time WatchHub::CutWhenDue(Stream& stream, const Watcher& watcher, absl::Time now) {
  if (now < watcher.cut_at) return watcher.cut_at;
  stream.Cut();
  return absl::InfiniteFuture();
}

std::shared_ptr<const Response> WatchHub::MessageOf(WatchedDay& day, Watch::Kind kind) {
  std::shared_ptr<const Response>& message = day.messages[kind];
  if (message != nullptr) return message;
  auto made = std::make_shared<Response>();
  made->set_kind(kind);
  if (kind != Response::KIND_HEARTBEAT) *made->mutable_day() = day.state;
  *made->mutable_freshness() = freshness_;
  return message = std::move(made);
}

}  // namespace tally::activity
