#include "client/terminal/progress.h"

#include <cstdio>

#include "absl/strings/str_cat.h"
#include "client/calls/utf8.h"
#include "client/terminal/bar.h"
#include "common/base/monotonic.h"

namespace tally::client {
namespace {

constexpr int kBarWidth = 24;
constexpr absl::Duration kRedraw = absl::Milliseconds(100);
constexpr absl::Duration kLineEvery = absl::Seconds(5);

}  // namespace

Progress::Progress(Terminal terminal)
    : terminal_(terminal),
      due_(base::MonotonicNow() + (terminal.is_terminal ? kRedraw : kLineEvery)) {}

Progress::~Progress() {
  if (terminal_.is_terminal) std::fputs("\r\033[K", stderr);
}

bool Progress::Due() const { return base::MonotonicNow() >= due_; }

void Progress::Show(int64_t done, int64_t all, absl::string_view text) {
  due_ = base::MonotonicNow() + (terminal_.is_terminal ? kRedraw : kLineEvery);
  if (!terminal_.is_terminal) {
    std::fprintf(stderr, "%s\n", std::string(text).c_str());
    return;
  }
  std::string line;
  if (all > 0 && terminal_.columns > 2 * kBarWidth) {
    const std::string bar = Bar(done, all, kBarWidth, terminal_.unicode);
    const std::string space(static_cast<size_t>(kBarWidth - CharacterCount(bar)), ' ');
    absl::StrAppend(&line, "[", bar, space, "] ");
  }
  const int room = terminal_.columns - 1 - CharacterCount(line);
  absl::StrAppend(&line, text.substr(0, static_cast<size_t>(room)));
  std::fprintf(stderr, "\r%s\033[K", line.c_str());
}

}  // namespace tally::client
