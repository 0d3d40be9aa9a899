#include "client/settings.h"

#include "absl/flags/flag.h"
#include "client/flags.h"
#include "common/rpc/tls.h"

namespace tally::client {
namespace {

rpc::TlsContent ReadTlsFlags(base::Violations& problems) {
  const config::TlsFiles files{.certificates = absl::GetFlag(FLAGS_tls_cert),
                               .key = absl::GetFlag(FLAGS_tls_key),
                               .ca = absl::GetFlag(FLAGS_tls_ca)};
  if (files.ca.empty() && (!files.certificates.empty() || !files.key.empty() ||
                           !absl::GetFlag(FLAGS_tls_server_name).empty())) {
    problems.Add("--tls_ca", "must be given with any other --tls flag");
  }
  return rpc::ReadTls(files, "--tls_ca", problems);
}

}  // namespace

Settings ReadSettings(base::Violations& problems) {
  const rpc::TlsContent tls = ReadTlsFlags(problems);
  const std::string name = absl::GetFlag(FLAGS_tls_server_name);
  std::shared_ptr<TokenFile> token;
  if (const std::string path = absl::GetFlag(FLAGS_token_file); !path.empty()) {
    token = TokenFile::Open(path, problems);
  }
  Settings settings{.orders = {absl::GetFlag(FLAGS_orders), tls, name, token},
                    .activity = {absl::GetFlag(FLAGS_activity), tls, name, token},
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
