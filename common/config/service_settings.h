#pragma once

#include <string>

#include "absl/time/time.h"
#include "common/base/violations.h"
#include "common/config/database_url.h"
#include "common/config/host_port.h"
#include "common/config/jwt_settings.h"
#include "common/config/nats_urls.h"
#include "common/config/tls_files.h"

namespace tally::config {

// The settings that every service has, under the same flag names.
struct ServiceSettings {
  HostPort listen;       // --listen: gRPC; loopback by default, because by default nobody is asked
  TlsFiles tls;          // --tls_cert, --tls_key, --tls_client_ca: of gRPC; empty: not encrypted
  JwtSettings jwt;       // --jwt_keys, --jwt_issuer, --jwt_audience: who may call; empty: everyone
  HostPort http;         // --http: metrics, liveness, readiness
  DatabaseUrl database;  // --database
  int database_sessions = 8;  // --database_sessions: at most this many at a time
  NatsUrls nats;              // --nats
  std::string
      instance;  // --instance: name of this process in leases and logs; unique among all that run
  absl::Duration drain_timeout;  // --drain_timeout: how long calls under way may take after SIGTERM
};

// Reads the flags after Parse and adds a problem for each value out of range.
ServiceSettings ReadServiceSettings(base::Violations& problems);

}  // namespace tally::config
