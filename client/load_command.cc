#include <algorithm>
#include <cstdio>
#include <memory>
#include <vector>

#include <unistd.h>

#include "absl/strings/str_format.h"
#include "client/commands.h"
#include "client/load/interrupt.h"
#include "client/load/load_connection.h"
#include "client/load/load_plan.h"
#include "client/terminal/progress.h"
#include "common/base/monotonic.h"
#include "common/base/uuid_v7_source.h"

namespace tally::client {
namespace {

constexpr absl::Duration kLook = absl::Milliseconds(10);
constexpr absl::Duration kMeasured = absl::Seconds(1);

// A load run: its connections and what they have done so far.
class Load {
 public:
  explicit Load(const LoadPlan& plan) : plan_(plan), start_(base::MonotonicNow()) {
    base::SystemClock clock;
    const std::string run = base::UuidV7Source(clock).Next().ToString();
    for (int i = 0; i < plan.connections; ++i) {
      connections_.push_back(std::make_unique<LoadConnection>(plan_, i, run, start_));
    }
  }

  bool Finished() const {
    return std::all_of(connections_.begin(), connections_.end(),
                       [](const auto& connection) { return connection->finished(); });
  }

  void Stop() {
    for (const auto& connection : connections_) connection->Stop();
  }

  void Show(Progress& progress) {
    int64_t sent = 0;
    int64_t placed = 0;
    int64_t failed = 0;
    for (const auto& connection : connections_) {
      sent += connection->sent();
      placed += connection->placed();
      failed += connection->failed();
    }
    const absl::Duration elapsed = base::MonotonicNow() - start_;
    if (elapsed - measured_at_ >= kMeasured) {
      rate_ = absl::FDivDuration(absl::Seconds(placed - measured_placed_), elapsed - measured_at_);
      measured_placed_ = placed;
      measured_at_ = elapsed;
    }
    const bool counts = plan_.duration == absl::InfiniteDuration();
    progress.Show(counts ? placed + failed : absl::ToInt64Milliseconds(elapsed),
                  counts ? plan_.count : absl::ToInt64Milliseconds(plan_.duration),
                  absl::StrFormat("%.0f per second, %d placed, %d under way, %d failed", rate_,
                                  placed, sent - placed - failed, failed));
  }

  LoadResult Result() const {
    LoadResult result;
    for (const auto& connection : connections_) result.Merge(connection->result());
    return result;
  }

 private:
  const LoadPlan plan_;
  const absl::Duration start_;
  std::vector<std::unique_ptr<LoadConnection>> connections_;
  double rate_ = 0;  // over the last second or so
  int64_t measured_placed_ = 0;
  absl::Duration measured_at_;
};

}  // namespace

ExitCode RunLoad(Invocation& invocation) {
  const LoadPlan plan = LoadPlan::FromFlags(invocation.settings, invocation.problems);
  if (!invocation.problems.empty()) return ExitCode::kWrongUsage;
  Interrupt interrupt;
  LoadResult result;
  {
    Load load(plan);
    Progress progress(Terminal::Of(STDERR_FILENO));
    while (!load.Finished()) {
      if (interrupt.WaitFor(kLook)) load.Stop();
      if (progress.Due()) load.Show(progress);
    }
    result = load.Result();
  }
  std::fputs(invocation.settings.json ? (result.Json() + "\n").c_str() : result.ToString().c_str(),
             stdout);
  return result.failed.empty() ? ExitCode::kOk : ExitCode::kIncomplete;
}

}  // namespace tally::client
