#pragma once

#include <memory>
#include <string>

#include <grpcpp/security/credentials.h>

#include "common/base/violations.h"
#include "common/config/tls_files.h"

namespace tally::rpc {

// What the files hold, in PEM.
struct TlsContent {
  std::string certificates;
  std::string key;
  std::string ca;

  bool operator==(const TlsContent&) const = default;
};

// Reads the files that are named, at most 1 MiB of each. Adds a problem under its flag, --tls_cert,
// --tls_key or `ca_flag`, for each that cannot be read, or holds no certificate or unencrypted key
// that OpenSSL takes; for a certificate (not: a CA's) that has expired; for a key that is not the
// certificate's; and for one of the two without the other. Shows nothing of what files hold.
// Thread-safe.
TlsContent ReadTls(const config::TlsFiles& files, const std::string& ca_flag,
                   base::Violations& problems);

// TLS 1.2 or later; without a CA: plain text.
std::shared_ptr<grpc::ChannelCredentials> ClientCredentials(const TlsContent& content);

}  // namespace tally::rpc
