#pragma once

#include <string>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/flags/commandlineflag.h"
#include "absl/strings/string_view.h"
#include "common/base/violations.h"

namespace tally::config {

// Takes the words of a command line, and the lines of flag files named in it, in order; the last of
// two counts.
class FlagReader {
 public:
  explicit FlagReader(base::Violations& problems) : problems_(problems) {}

  void Read(const std::vector<std::string>& words);

  const std::vector<std::string>& arguments() const { return arguments_; }
  bool IsGiven(const std::string& flag) const { return given_.contains(flag); }
  bool help() const { return help_; }
  bool version() const { return version_; }

 private:
  // Returns whether it used up `next` as the value.
  bool ReadFlag(absl::string_view word, const std::string* next);
  bool ReadWordAlone(absl::string_view name);
  void ReadFlagFile(const std::string& path);
  void Set(absl::CommandLineFlag& flag, absl::string_view text);

  base::Violations& problems_;
  std::vector<std::string> arguments_;
  absl::flat_hash_set<std::string> given_;
  bool help_ = false;
  bool version_ = false;
  int flagfile_depth_ = 0;
};

}  // namespace tally::config
