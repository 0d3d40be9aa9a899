#include "common/telemetry/process_metrics.h"

#include <sys/resource.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>
#include <system_error>

namespace tally::telemetry {
namespace {

double ResidentBytes() {
  double total_pages = 0, resident_pages = 0;
  std::ifstream("/proc/self/statm") >> total_pages >> resident_pages;
  return resident_pages * static_cast<double>(sysconf(_SC_PAGESIZE));
}

double CpuSeconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

double OpenFds() {
  std::error_code error;
  const std::filesystem::directory_iterator files("/proc/self/fd", error);
  if (error) return 0;
  return static_cast<double>(std::distance(begin(files), end(files)) -
                             1);  // less the one that reads the folder
}

double MaxFds() {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  return static_cast<double>(limit.rlim_cur);
}

// Since the epoch: boot time plus field 22 of stat, counted after the program's name, which may
// contain blanks.
double StartTimeSeconds() {
  std::ifstream file("/proc/self/stat");
  std::string stat((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  std::istringstream fields(stat.substr(stat.rfind(')') + 1));
  std::string field;
  for (int i = 3; i <= 22; ++i) fields >> field;
  const double since_boot =
      std::strtod(field.c_str(), nullptr) / static_cast<double>(sysconf(_SC_CLK_TCK));

  std::ifstream lines("/proc/stat");
  std::string key;
  double boot_time = 0;
  while (lines >> key && key != "btime") lines.ignore(1 << 20, '\n');
  lines >> boot_time;
  return boot_time + since_boot;
}

}  // namespace

ProcessMetrics::ProcessMetrics(Metrics& metrics)
    : resident_bytes_(metrics.AddGauge("process_resident_memory_bytes", "Resident memory.")),
      cpu_seconds_(
          metrics.AddGauge("process_cpu_seconds_total", "CPU time used, user and system.")),
      open_fds_(metrics.AddGauge("process_open_fds", "Open file descriptors.")),
      max_fds_(metrics.AddGauge("process_max_fds", "File descriptors allowed.")),
      start_time_seconds_(
          metrics.AddGauge("process_start_time_seconds", "Start of the process, Unix time.")) {
  start_time_seconds_.Set(StartTimeSeconds());
}

void ProcessMetrics::Update() {
  resident_bytes_.Set(ResidentBytes());
  cpu_seconds_.Set(CpuSeconds());
  open_fds_.Set(OpenFds());
  max_fds_.Set(MaxFds());
}

}  // namespace tally::telemetry
