#pragma once

#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "client/terminal/terminal.h"

namespace tally::client {

// Progress of long work on stderr: on a terminal one line that is drawn again ten times a second,
// elsewhere a line every five seconds. Not thread-safe.
class Progress {
 public:
  explicit Progress(Terminal terminal);
  ~Progress();  // Removes the line from the terminal.

  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  // Whether it is time to draw: what Show() tells need not be put together before.
  bool Due() const;

  // Draws `text`, with a bar of done / all before it unless `all` is 0.
  void Show(int64_t done, int64_t all, absl::string_view text);

 private:
  const Terminal terminal_;
  absl::Duration due_;  // monotonic
};

}  // namespace tally::client
