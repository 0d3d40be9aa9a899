#include <cstdio>
#include <optional>
#include <utility>

#include <unistd.h>

#include "absl/flags/flag.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "client/calls/channel.h"
#include "client/calls/failure.h"
#include "client/calls/messages.h"
#include "client/calls/utf8.h"
#include "client/calls/watch_stream.h"
#include "client/commands.h"
#include "client/day_flag.h"
#include "client/flags.h"
#include "client/load/interrupt.h"
#include "client/terminal/rate_history.h"
#include "client/terminal/terminal.h"
#include "client/terminal/watch_view.h"
#include "common/base/monotonic.h"
#include "common/rpc/google_types.h"

namespace tally::client {
namespace {

using Response = WatchStream::Response;

constexpr absl::Duration kLook = absl::Milliseconds(100);
constexpr absl::Duration kRedraw = absl::Seconds(1);

struct Plan {
  WatchStream::Request request;
  int64_t messages = 0;  // 0: without end
  absl::Duration time = absl::InfiniteDuration();
};

Plan ReadPlan(base::Violations& problems) {
  Plan plan;
  const absl::Duration interval = absl::GetFlag(FLAGS_interval);
  if (interval < absl::Milliseconds(100) || interval > absl::Minutes(1)) {
    problems.Add("--interval", "must be 100ms to 1m");
  } else {
    google::protobuf::Duration& message = *plan.request.mutable_min_interval();
    message.set_seconds(absl::ToInt64Seconds(interval));
    message.set_nanos(static_cast<int32_t>(
        absl::ToInt64Nanoseconds(interval - absl::Seconds(message.seconds()))));
  }
  plan.request.set_time_zone(absl::GetFlag(FLAGS_time_zone));
  if (!IsUtf8(plan.request.time_zone())) problems.Add("--time_zone", "must be UTF-8");
  if (const auto date = ReadDay(absl::GetFlag(FLAGS_date), "--date", problems)) {
    rpc::ToMessage(*date, *plan.request.mutable_date());
  }
  plan.messages = absl::GetFlag(FLAGS_count);
  if (plan.messages < 0) problems.Add("--count", "must not be negative");
  if (const absl::Duration time = absl::GetFlag(FLAGS_for); time > absl::ZeroDuration()) {
    plan.time = time;
  } else if (time < absl::ZeroDuration()) {
    problems.Add("--for", "must not be negative");
  }
  return plan;
}

// What is shown, in the form that stdout wants.
class Display {
 public:
  Display(bool json, Terminal terminal) : json_(json), terminal_(terminal) {}

  void Show(const Response& message) {
    const absl::Duration now = base::MonotonicNow();
    if (message.has_day()) {
      screen_.day = message.day();
      rates_.Note(FromMessage(message.day().date()), message.day().orders_created(), now);
    }
    screen_.freshness = message.freshness();
    shown_any_ = true;
    heard_at_ = now;
    if (json_) {
      std::puts(ToJson(message).c_str());
    } else if (!terminal_.is_terminal) {
      std::puts(DescribeMessage(message, screen_.day).c_str());
    } else {
      Draw();
    }
    std::fflush(stdout);
  }

  // Says once why no messages come, and keeps a terminal current.
  void Tend(const grpc::Status& trouble) {
    const std::string text =
        trouble.ok() ? "" : absl::StrCat("No news: ", DescribeBriefly(trouble));
    const bool is_new = std::exchange(screen_.trouble, text) != text;
    if (!json_ && terminal_.is_terminal && shown_any_) {
      if (is_new || base::MonotonicNow() - drawn_at_ >= kRedraw) Draw();
    } else if (is_new && !text.empty()) {
      std::fprintf(stderr, "tally: %s; trying again\n", text.c_str());
    }
  }

  bool shown_any() const { return shown_any_; }

 private:
  void Draw() {
    const absl::Duration now = base::MonotonicNow();
    screen_.age = now - heard_at_;
    screen_.per_second = rates_.PerSecond(now);
    const Terminal size = Terminal::Of(STDOUT_FILENO);
    const auto lines = DrawWatch(screen_, size.columns, size.unicode);
    const std::string back = drawn_ > 0 ? absl::StrCat("\033[", drawn_, "A\033[J") : "";
    std::fprintf(stdout, "%s%s\n", back.c_str(), absl::StrJoin(lines, "\n").c_str());
    std::fflush(stdout);
    drawn_ = lines.size();
    drawn_at_ = now;
  }

  const bool json_;
  const Terminal terminal_;
  WatchScreen screen_;
  RateHistory rates_;
  bool shown_any_ = false;
  absl::Duration heard_at_;  // monotonic
  absl::Duration drawn_at_;  // monotonic
  size_t drawn_ = 0;         // lines
};

ExitCode End(const grpc::Status& trouble) {
  std::fprintf(stderr, "tally: %s", Describe(trouble).c_str());
  return ExitCodeOf(trouble);
}

}  // namespace

ExitCode RunWatch(Invocation& invocation) {
  const Plan plan = ReadPlan(invocation.problems);
  if (!invocation.problems.empty()) return ExitCode::kWrongUsage;

  const Settings& settings = invocation.settings;
  Interrupt interrupt;
  WatchStream stream(OpenChannel(settings.activity), plan.request);
  Display display(settings.json, Terminal::Of(STDOUT_FILENO));
  const absl::Duration begin = base::MonotonicNow();
  for (int64_t messages = 0; plan.messages == 0 || messages < plan.messages;) {
    if (const std::optional<Response> message = stream.Next(kLook)) {
      display.Show(*message);
      ++messages;
    }
    if (stream.refused()) return End(stream.trouble());
    display.Tend(stream.trouble());
    if (interrupt.WaitFor(absl::ZeroDuration())) break;
    const absl::Duration passed = base::MonotonicNow() - begin;
    const bool is_over = passed >= plan.time;
    if (!display.shown_any() && (is_over || passed >= settings.deadline)) {
      return End({grpc::StatusCode::UNAVAILABLE,
                  absl::StrCat("no answer from ", settings.activity.address.ToString())});
    }
    if (is_over) break;
  }
  return ExitCode::kOk;
}

}  // namespace tally::client
