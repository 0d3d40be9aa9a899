#include "tests/e2e/tally.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"

namespace tally::e2e {
namespace {

using testkit::Process;

// 3 orders under way and 500 ms for the way there and back.
constexpr absl::Duration kOneWay = absl::Milliseconds(250);
constexpr char kConcurrency[] = "--concurrency=3";

absl::StatusOr<Ended> WaitFor(Process& process, absl::Duration timeout) {
  ASSIGN_OR_RETURN(const int exit_code, process.Wait(timeout));
  return Ended{exit_code, process.Stdout(), process.Stderr()};
}

}  // namespace

absl::StatusOr<Ended> RunToEnd(std::vector<std::string> argv, absl::Duration timeout) {
  ASSIGN_OR_RETURN(const std::unique_ptr<Process> process,
                   Process::Start({.argv = std::move(argv)}));
  return WaitFor(*process, timeout);
}

absl::StatusOr<Ended> RunTally(const System& system, std::vector<std::string> arguments,
                               absl::Duration timeout) {
  std::vector<std::string> argv = {ProgramPath("tally")};
  argv.insert(argv.end(), arguments.begin(), arguments.end());
  argv.push_back(absl::StrCat("--orders=", system.orders().address()));
  argv.push_back(absl::StrCat("--activity=", system.activity().address()));
  if (const config::TlsFiles& tls = system.tls(); !tls.ca.empty()) {
    argv.push_back(absl::StrCat("--tls_ca=", tls.ca));
    argv.push_back(absl::StrCat("--tls_cert=", tls.certificates));
    argv.push_back(absl::StrCat("--tls_key=", tls.key));
  }
  if (!system.token_file().empty()) {
    argv.push_back(absl::StrCat("--token_file=", system.token_file()));
  }
  return RunToEnd(std::move(argv), timeout);
}

absl::StatusOr<std::unique_ptr<SlowImport>> SlowImport::Start(const System& system,
                                                              const std::string& csv,
                                                              size_t instance) {
  std::unique_ptr<SlowImport> import(new SlowImport(system.orders(instance).port()));
  import->gate_.Delay(kOneWay);
  ASSIGN_OR_RETURN(
      import->process_,
      Process::Start({.argv = {ProgramPath("tally"), "import", "--json", kConcurrency,
                               "--deadline=60s", absl::StrCat("--csv=", csv),
                               absl::StrCat("--orders=127.0.0.1:", import->gate_.port())}}));
  return import;
}

absl::StatusOr<Ended> SlowImport::Wait(absl::Duration timeout) {
  return WaitFor(*process_, timeout);
}

}  // namespace tally::e2e
