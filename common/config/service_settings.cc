#include "common/config/service_settings.h"

#include <unistd.h>

#include <cstdint>

#include "absl/flags/flag.h"
#include "absl/random/random.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

using tally::config::DatabaseUrl;
using tally::config::HostPort;
using tally::config::NatsUrls;

ABSL_FLAG(HostPort, listen, (HostPort{"127.0.0.1", 0}),
          "gRPC address, HOST:PORT. Port 0 takes a free one. Everyone who reaches it, and can show "
          "what --tls_client_ca and --jwt_keys ask for, may use it.");
ABSL_FLAG(std::string, tls_cert, "",
          "File with the certificate of the gRPC address, in PEM, followed by those between it and "
          "its CA. With it the address takes encrypted connections only. Read again when it "
          "changes, as are the two below.");
ABSL_FLAG(std::string, tls_key, "", "File with the key of --tls_cert, in PEM, no passphrase.");
ABSL_FLAG(std::string, tls_client_ca, "",
          "File with certificates in PEM: only clients whose certificate one of them signed are "
          "taken. Empty: any client.");
ABSL_FLAG(std::string, jwt_keys, "",
          "File with a JSON Web Key Set: only calls with a JSON Web Token that one of its keys "
          "signed are taken, and only those that the token's scopes allow. Read again when it "
          "changes. Empty: everyone may do everything.");
ABSL_FLAG(std::string, jwt_issuer, "", "What a token's claim `iss` must be.");
ABSL_FLAG(std::string, jwt_audience, "", "What a token's claim `aud` must be, or contain.");
ABSL_FLAG(HostPort, http, (HostPort{"127.0.0.1", 0}),
          "HTTP address for /metrics, /livez and /readyz, HOST:PORT. Port 0 takes a free one.");
ABSL_FLAG(DatabaseUrl, database, {},
          "Where the data is kept: sqlite:PATH or postgresql://USER:PASSWORD@HOST:PORT/NAME. With "
          "a password give it "
          "by environment or file, so that `ps` does not show it.");
ABSL_FLAG(int, database_sessions, 8, "Database sessions at most, 1 to 1000.");
ABSL_FLAG(NatsUrls, nats, (NatsUrls{{"nats://127.0.0.1:4222"}}),
          "NATS servers of one cluster: nats://HOST:PORT or tls://HOST:PORT, several separated by "
          "commas.");
ABSL_FLAG(std::string, instance, "",
          "Name of this process in leases and logs, unique among all that run. Empty: made of "
          "host, process and a "
          "random number.");
ABSL_FLAG(absl::Duration, drain_timeout, absl::Seconds(10),
          "How long calls under way may take after SIGTERM, 0s to 10m. The process ends at most "
          "10s later.");

namespace tally::config {
namespace {

constexpr size_t kInstanceBytesMax = 128;

std::string MakeInstanceName() {
  char host[256] = "localhost";
  gethostname(host, sizeof(host) - 1);
  absl::BitGen random;
  return absl::StrFormat("%.64s:%d:%08x", host, getpid(), absl::Uniform<uint32_t>(random));
}

// A key alone does not tell for whom a token was made.
void ReadTogether(const JwtSettings& jwt, base::Violations& problems) {
  if (jwt == JwtSettings()) return;
  constexpr char kTogether[] = "must be given with the other two --jwt flags";
  if (jwt.keys.empty()) problems.Add("--jwt_keys", kTogether);
  if (jwt.issuer.empty()) problems.Add("--jwt_issuer", kTogether);
  if (jwt.audience.empty()) problems.Add("--jwt_audience", kTogether);
}

}  // namespace

ServiceSettings ReadServiceSettings(base::Violations& problems) {
  ServiceSettings settings;
  settings.listen = absl::GetFlag(FLAGS_listen);
  settings.tls = {.certificates = absl::GetFlag(FLAGS_tls_cert),
                  .key = absl::GetFlag(FLAGS_tls_key),
                  .ca = absl::GetFlag(FLAGS_tls_client_ca)};
  settings.jwt = {.keys = absl::GetFlag(FLAGS_jwt_keys),
                  .issuer = absl::GetFlag(FLAGS_jwt_issuer),
                  .audience = absl::GetFlag(FLAGS_jwt_audience)};
  settings.http = absl::GetFlag(FLAGS_http);
  settings.database = absl::GetFlag(FLAGS_database);
  settings.database_sessions = absl::GetFlag(FLAGS_database_sessions);
  settings.nats = absl::GetFlag(FLAGS_nats);
  settings.instance = absl::GetFlag(FLAGS_instance);
  settings.drain_timeout = absl::GetFlag(FLAGS_drain_timeout);

  if (settings.instance.empty()) settings.instance = MakeInstanceName();
  if (settings.instance.size() > kInstanceBytesMax) {
    problems.Add("--instance", absl::StrCat("must be at most ", kInstanceBytesMax, " bytes"));
  }
  if (!settings.tls.ca.empty() && settings.tls.certificates.empty()) {
    problems.Add("--tls_cert", "must be given with --tls_client_ca");
  }
  ReadTogether(settings.jwt, problems);
  if (settings.database_sessions < 1 || settings.database_sessions > 1000) {
    problems.Add("--database_sessions", "must be 1 to 1000");
  }
  if (settings.drain_timeout < absl::ZeroDuration() || settings.drain_timeout > absl::Minutes(10)) {
    problems.Add("--drain_timeout", "must be 0s to 10m");
  }
  return settings;
}

}  // namespace tally::config
