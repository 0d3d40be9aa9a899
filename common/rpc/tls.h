#pragma once

#include <memory>
#include <string>

#include <grpcpp/security/credentials.h>
#include <grpcpp/security/server_credentials.h>

#include "common/base/violations.h"
#include "common/config/tls_files.h"

namespace tally::rpc {

// TLS 1.2 and later, by files that are PEM. Thread-safe; the files are read where a function says
// so, at most 1 MiB of each.

// Reads the files that are named, and adds a problem under its flag, --tls_cert, --tls_key or
// `ca_flag`, for each that is unreadable, without a PEM certificate or unencrypted key, or whose
// first certificate has expired; for a key that is not that certificate's; and for one of the two
// without the other.
void CheckTls(const config::TlsFiles& files, const std::string& ca_flag,
              base::Violations& problems);

// With no files: no encryption. With a CA: only for clients that show a certificate signed by it.
// The files are read every two seconds, by a thread of gRPC, and what they hold counts for
// connections made from then on; while they do not fit together, what was read before stays.
std::shared_ptr<grpc::ServerCredentials> ServerCredentials(const config::TlsFiles& files);

// Without a CA: no encryption. Reads the files once.
std::shared_ptr<grpc::ChannelCredentials> ClientCredentials(const config::TlsFiles& files);

}  // namespace tally::rpc
