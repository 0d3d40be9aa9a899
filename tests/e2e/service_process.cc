#include "tests/e2e/service_process.h"

#include <httplib.h>
#include <signal.h>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "common/base/status_macros.h"

namespace tally::e2e {
namespace {

constexpr char kHost[] = "127.0.0.1";
constexpr absl::Duration kStartTimeout = absl::Seconds(60);

// `name 3` or `name{label="value"} 3`
bool IsSeriesOf(absl::string_view line, absl::string_view name) {
  return absl::ConsumePrefix(&line, name) && !line.empty() && (line[0] == ' ' || line[0] == '{');
}

// What says something about a failure: no histograms, nothing that never happened.
bool TellsSomething(absl::string_view line) {
  return !absl::StartsWith(line, "#") && !absl::StrContains(line, "_bucket{") &&
         !absl::EndsWith(line, " 0") && !line.empty();
}

}  // namespace

std::string ProgramPath(absl::string_view name) { return absl::StrCat(TALLY_BIN_DIR "/", name); }

absl::Status ServiceProcess::Start() {
  RETURN_IF_ERROR(Launch());
  return AwaitReady();
}

absl::Status ServiceProcess::Launch() {
  testkit::Process::Spec spec;
  spec.argv = {ProgramPath(spec_.program), absl::StrCat("--listen=", address()),
               absl::StrCat("--http=", kHost, ":", http_.port()),
               // The PostgreSQL of most tests runs without fsync.
               "--durability_minimum=process"};
  spec.argv.insert(spec.argv.end(), spec_.flags.begin(), spec_.flags.end());
  spec.env = spec_.env;
  ASSIGN_OR_RETURN(std::unique_ptr<testkit::Process> process,
                   testkit::Process::Start(std::move(spec)));
  lives_.push_back(std::move(process));
  if (lives_.size() > spec_.lives_kept) lives_.pop_front();
  return absl::OkStatus();
}

absl::Status ServiceProcess::AwaitReady() {
  return lives_.back()->WaitForLine(absl::StrCat("ready ", address()), kStartTimeout).status();
}

void ServiceProcess::Kill() { lives_.back()->Kill(); }

absl::StatusOr<int> ServiceProcess::Terminate(absl::Duration timeout) {
  RETURN_IF_ERROR(lives_.back()->Signal(SIGTERM));
  return lives_.back()->Wait(timeout);
}

absl::Status ServiceProcess::Restart() {
  Kill();
  return Start();
}

std::string ServiceProcess::address() const { return absl::StrCat(kHost, ":", port()); }

absl::StatusOr<double> ServiceProcess::Metric(absl::string_view name) const {
  const absl::StatusOr<std::vector<std::string>> lines = MetricLines();
  if (!lines.ok()) return absl::UnavailableError(absl::StrCat("no metrics: ", Describe()));
  double sum = 0;
  for (const absl::string_view line : *lines) {
    double value = 0;
    if (IsSeriesOf(line, name) && absl::SimpleAtod(line.substr(line.rfind(' ') + 1), &value)) {
      sum += value;
    }
  }
  return sum;
}

absl::StatusOr<std::vector<std::string>> ServiceProcess::MetricLines() const {
  httplib::Client http(kHost, http_.port());
  const httplib::Result response = http.Get("/metrics");
  if (!response || response->status != 200) return absl::UnavailableError("no metrics");
  return std::vector<std::string>(absl::StrSplit(response->body, '\n'));
}

std::string ServiceProcess::Log() const {
  std::string log;
  for (const auto& life : lives_) absl::StrAppend(&log, life->Stderr());
  return log;
}

std::string ServiceProcess::Describe() const {
  std::string text;
  for (const auto& life : lives_) absl::StrAppend(&text, life->Describe(), "\n");
  if (absl::StatusOr<std::vector<std::string>> metrics = MetricLines(); metrics.ok()) {
    std::erase_if(*metrics, [](const std::string& line) { return !TellsSomething(line); });
    absl::StrAppend(&text, "--- metrics\n", absl::StrJoin(*metrics, "\n"), "\n");
  }
  return text;
}

}  // namespace tally::e2e
