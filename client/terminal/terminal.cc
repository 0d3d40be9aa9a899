#include "client/terminal/terminal.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace tally::client {
namespace {

// The first of these that is set names the character set.
bool LocaleIsUtf8() {
  for (const char* variable : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    const char* value = std::getenv(variable);
    if (value == nullptr || *value == '\0') continue;
    const std::string locale = absl::AsciiStrToLower(value);
    return absl::StrContains(locale, "utf-8") || absl::StrContains(locale, "utf8");
  }
  return false;
}

int ColumnsOf(int descriptor) {
  winsize size = {};
  if (ioctl(descriptor, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) return size.ws_col;
  int columns = 0;
  const char* variable = std::getenv("COLUMNS");
  return variable != nullptr && absl::SimpleAtoi(variable, &columns) ? columns : 80;
}

}  // namespace

Terminal Terminal::Of(int descriptor) {
  return {.is_terminal = isatty(descriptor) == 1,
          .columns = std::clamp(ColumnsOf(descriptor), 20, 500),
          .unicode = LocaleIsUtf8()};
}

}  // namespace tally::client
