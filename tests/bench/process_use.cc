#include "tests/bench/process_use.h"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <system_error>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

namespace tally::bench {
namespace {

// As far as it can be read: a process may end meanwhile, and then /proc's reads and listings fail.
std::string ReadFile(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
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
  std::filesystem::directory_iterator thread(absl::StrCat("/proc/", pid, "/task"), error);
  for (; !error && thread != std::filesystem::directory_iterator(); thread.increment(error)) {
    for (const absl::string_view child :
         absl::StrSplit(ReadFile(thread->path() / "children"), ' ', absl::SkipEmpty())) {
      if (pid_t id = 0; absl::SimpleAtoi(child, &id)) children.push_back(id);
    }
  }
  return children;
}

// The number after `key` in a file of lines "key: number".
int64_t NumberIn(const std::string& path, absl::string_view key) {
  const std::string text = ReadFile(path);
  for (absl::string_view line : absl::StrSplit(text, '\n')) {
    int64_t number = 0;
    if (absl::ConsumePrefix(&line, key) && absl::ConsumePrefix(&line, ":")) {
      absl::ConsumeSuffix(&line, "kB");
      return absl::SimpleAtoi(absl::StripAsciiWhitespace(line), &number) ? number : 0;
    }
  }
  return 0;
}

absl::Duration CpuTime(int who) {
  rusage usage{};
  getrusage(who, &usage);
  return absl::DurationFromTimeval(usage.ru_utime) + absl::DurationFromTimeval(usage.ru_stime);
}

}  // namespace

absl::Duration CpuTimeOf(pid_t pid) {
  absl::Duration sum = absl::Seconds(TicksOf(pid)) / sysconf(_SC_CLK_TCK);
  for (const pid_t child : ChildrenOf(pid)) sum += CpuTimeOf(child);
  return sum;
}

absl::Duration OwnCpuTime() { return CpuTime(RUSAGE_SELF) + CpuTime(RUSAGE_CHILDREN); }

int64_t PeakMemoryBytesOf(pid_t pid) {
  int64_t peak = NumberIn(absl::StrCat("/proc/", pid, "/status"), "VmHWM") << 10;
  for (const pid_t child : ChildrenOf(pid)) peak = std::max(peak, PeakMemoryBytesOf(child));
  return peak;
}

void ForgetPeakMemory(pid_t pid) {
  std::ofstream(absl::StrCat("/proc/", pid, "/clear_refs")) << "5";
  for (const pid_t child : ChildrenOf(pid)) ForgetPeakMemory(child);
}

int64_t WrittenBytesOf(pid_t pid) {
  int64_t sum = NumberIn(absl::StrCat("/proc/", pid, "/io"), "write_bytes");
  for (const pid_t child : ChildrenOf(pid)) sum += WrittenBytesOf(child);
  return sum;
}

}  // namespace tally::bench
