#pragma once

namespace tally::client {

// How the terminal behind a file descriptor shows things.
struct Terminal {
  bool is_terminal = false;
  int columns = 80;     // its width; COLUMNS or 80 where there is no terminal
  bool unicode = true;  // whether the locale of the environment is UTF-8

  static Terminal Of(int descriptor);
};

}  // namespace tally::client
