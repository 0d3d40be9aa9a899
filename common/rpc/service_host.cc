#include "common/rpc/service_host.h"

#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <utility>

#include <google/protobuf/stubs/logging.h>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "common/base/status_macros.h"
#include "common/rpc/jwt_authenticator.h"
#include "common/rpc/tls.h"
#include "common/telemetry/log_flags.h"

namespace tally::rpc {
namespace {

constexpr absl::Duration kClosingMax = absl::Seconds(10);
constexpr int kForcedEnd = 3;

void Print(FILE* file, const std::string& text) {
  std::fputs(text.c_str(), file);
  std::fflush(file);
}

}  // namespace

ServiceHost::ServiceHost(const config::Program& program, config::ServiceSettings settings,
                         base::Violations problems)
    : program_(program),
      settings_(std::move(settings)),
      problems_(std::move(problems)),
      telemetry_(telemetry::LogFormatFlag(), telemetry::LogLevelFlag(), program.name) {
  // It would write a line of its own for each request whose text is not UTF-8: as many as callers
  // like, in a log of JSON.
  google::protobuf::SetLogHandler(nullptr);
  telemetry_.health.AddReadiness("serving", [this] {
    return serving_ ? absl::OkStatus() : absl::UnavailableError("starting or stopping");
  });
}

ServiceHost::~ServiceHost() {
  signals_.Dismiss();
  if (force_end_.joinable()) force_end_.join();
}

absl::Status ServiceHost::CheckSettings() {
  ReadTls(settings_.tls, "--tls_client_ca", problems_);
  ReadJwtKeys(settings_.jwt, problems_);
  if (!problems_.empty()) {
    Print(stderr, config::Describe(program_, problems_));
    return absl::InvalidArgumentError("settings");
  }
  const int64_t files_max = RaiseFileLimit();
  telemetry_.log.Info("starting", {{"version", TALLY_VERSION},
                                   {"instance", settings_.instance},
                                   {"pid", static_cast<int>(getpid())},
                                   {"files_max", files_max}});
  ASSIGN_OR_RETURN(http_, telemetry::HttpServer::Start(settings_.http, telemetry_));
  return absl::OkStatus();
}

absl::Status ServiceHost::Serve(const std::vector<ServedService>& services) {
  ServerOptions options;
  options.listen = settings_.listen;
  options.tls = settings_.tls;
  options.jwt = settings_.jwt;
  ASSIGN_OR_RETURN(std::unique_ptr<Server> server, Server::Start(options, services, telemetry_));
  serving_ = true;
  telemetry_.log.Info(
      "serving", {{"grpc", server->address().ToString()}, {"http", http_->address().ToString()}});
  Print(stdout, absl::StrCat("ready ", server->address().ToString(), "\n"));

  signals_.Wait(absl::InfiniteDuration());
  serving_ = false;
  telemetry_.log.Info("stopping");
  force_end_ = std::thread([this] { EndByForceAfter(settings_.drain_timeout + kClosingMax); });
  server->Shutdown(settings_.drain_timeout);
  return absl::OkStatus();
}

void ServiceHost::EndByForceAfter(absl::Duration grace) {
  if (signals_.Wait(grace) == ShutdownSignals::Event::kDismissed) return;
  telemetry_.log.Error("ending by force: a second signal, or stopping took too long");
  std::_Exit(kForcedEnd);
}

int RunService(int argc, char** argv, const config::Program& program,
               const std::function<absl::Status(ServiceHost&)>& run) {
  // Debian's Abseil searches for deadlocks at every lock; that is for tests.
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
  base::Violations problems;
  const config::CommandLine command_line = config::Parse(argc, argv, program, problems);
  if (command_line.answer.has_value()) {
    Print(stdout, *command_line.answer);
    return 0;
  }
  for (const std::string& argument : command_line.arguments)
    problems.Add(argument, "is not a flag");
  config::ServiceSettings settings = config::ReadServiceSettings(problems);
  ServiceHost host(program, std::move(settings), std::move(problems));
  const absl::Status status = run(host);
  if (!host.problems().empty()) return config::kWrongSettings;
  if (!status.ok()) host.telemetry().log.Error("ended by an error", {{"error", status}});
  if (status.ok()) host.telemetry().log.Info("stopped");
  return status.ok() ? 0 : 1;
}

}  // namespace tally::rpc
