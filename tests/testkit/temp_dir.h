#pragma once

#include <string>

#include "absl/strings/string_view.h"

namespace tally::testkit {

// A directory of its own beneath `parent` (empty: $TMPDIR, or /tmp), removed with everything in it
// when this object goes. It is held locked (flock) as long as it is in use; what a killed test left
// behind is unlocked, and the next TempDir removes it. Dies when no directory can be made.
class TempDir {
 public:
  explicit TempDir(std::string parent = "");
  ~TempDir();
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;

  const std::string& path() const { return path_; }
  std::string File(absl::string_view name) const;

 private:
  std::string path_;
  int lock_ = -1;
};

}  // namespace tally::testkit
