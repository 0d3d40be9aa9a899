#include "tests/bench/cpu_time.h"

#include <unistd.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace tally::bench {
namespace {

std::string ReadFile(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

// The clock ticks of proc(5)'s fields 14 to 17: own and waited-for children's, user and kernel.
int64_t TicksOf(pid_t pid) {
  const std::string stat = ReadFile(absl::StrCat("/proc/", pid, "/stat"));
  const size_t name_end = stat.rfind(')');  // a name may hold blanks
  if (name_end == std::string::npos) return 0;
  const std::vector<std::string> fields = absl::StrSplit(stat.substr(name_end + 2), ' ');
  constexpr size_t kFirst = 14 - 3;  // the first field after the name is the third
  int64_t sum = 0;
  for (size_t i = kFirst; i < kFirst + 4 && i < fields.size(); ++i) {
    int64_t ticks = 0;
    if (absl::SimpleAtoi(fields[i], &ticks)) sum += ticks;
  }
  return sum;
}

std::vector<pid_t> ChildrenOf(pid_t pid) {
  std::vector<pid_t> children;
  std::error_code error;
  for (const auto& thread :
       std::filesystem::directory_iterator(absl::StrCat("/proc/", pid, "/task"), error)) {
    for (const absl::string_view child :
         absl::StrSplit(ReadFile(thread.path() / "children"), ' ', absl::SkipEmpty())) {
      if (pid_t id = 0; absl::SimpleAtoi(child, &id)) children.push_back(id);
    }
  }
  return children;
}

}  // namespace

absl::Duration CpuTimeOf(pid_t pid) {
  absl::Duration sum = absl::Seconds(TicksOf(pid)) / sysconf(_SC_CLK_TCK);
  for (const pid_t child : ChildrenOf(pid)) sum += CpuTimeOf(child);
  return sum;
}

}  // namespace tally::bench
