#include "client/settings.h"

#include "absl/flags/flag.h"
#include "client/flags.h"
#include "common/rpc/tls.h"

namespace tally::client {
namespace {

config::TlsFiles ReadTlsFlags(base::Violations& problems) {
  config::TlsFiles files{.certificates = absl::GetFlag(FLAGS_tls_cert),
                         .key = absl::GetFlag(FLAGS_tls_key),
                         .ca = absl::GetFlag(FLAGS_tls_ca)};
  if (files.ca.empty() && (!files.certificates.empty() || !files.key.empty() ||
                           !absl::GetFlag(FLAGS_tls_server_name).empty())) {
    problems.Add("--tls_ca", "must be given with any other --tls flag");
  }
  rpc::CheckTls(files, "--tls_ca", problems);
  return files;
}

}  // namespace

Settings ReadSettings(base::Violations& problems) {
  const config::TlsFiles tls = ReadTlsFlags(problems);
  const std::string name = absl::GetFlag(FLAGS_tls_server_name);
  Settings settings{.orders = {absl::GetFlag(FLAGS_orders), tls, name},
                    .activity = {absl::GetFlag(FLAGS_activity), tls, name},
                    .json = absl::GetFlag(FLAGS_json),
                    .deadline = absl::GetFlag(FLAGS_deadline)};
  if (settings.orders.address.port == 0) problems.Add("--orders", "needs a port");
  if (settings.activity.address.port == 0) problems.Add("--activity", "needs a port");
  if (settings.deadline <= absl::ZeroDuration() || settings.deadline > absl::Hours(24)) {
    problems.Add("--deadline", "must be above 0 and at most 24h");
  }
  return settings;
}

}  // namespace tally::client
