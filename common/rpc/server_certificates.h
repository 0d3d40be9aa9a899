#pragma once

#include <memory>
#include <string>

#include <grpcpp/security/server_credentials.h>

#include "absl/status/statusor.h"
#include "common/config/tls_files.h"
#include "common/rpc/followed_files.h"
#include "common/rpc/tls.h"
#include "common/telemetry/telemetry.h"

namespace tally::rpc {

// A server's certificates, by files that may be replaced while it runs: a thread reads them every
// second. What they hold then counts for connections made from then on, within another second;
// while they are wrong, or do not fit together, what was read last counts, a warning says why, and
// tally_tls_files_refused is 1.
//
// gRPC's own watcher gets to see only what was checked: it ends the process at an empty file, and
// serves nobody between a new certificate and its key.
class ServerCertificates {
 public:
  // INVALID_ARGUMENT says what is wrong with the files. Telemetry must outlive it.
  static absl::StatusOr<std::unique_ptr<ServerCertificates>> Open(const config::TlsFiles& files,
                                                                  telemetry::Telemetry& telemetry);

  // TLS 1.2 or later; with a CA only for clients that show a certificate which it signed. This
  // object must outlive the server.
  std::shared_ptr<grpc::ServerCredentials> credentials() const { return credentials_; }

 private:
  // Has no name in any folder. Who opens path() finds what was in it before, or now, whole.
  class MemoryFile {
   public:
    ~MemoryFile();
    absl::Status Replace(const std::string& content);
    std::string path() const;

   private:
    int fd_ = -1;
  };

  ServerCertificates(const config::TlsFiles& files, telemetry::Telemetry& telemetry);
  absl::Status Read();
  absl::Status Publish(const TlsContent& content);

  const config::TlsFiles files_;
  telemetry::Log& log_;
  MemoryFile certificates_;
  MemoryFile key_;
  MemoryFile ca_;
  TlsContent published_;
  std::shared_ptr<grpc::ServerCredentials> credentials_;
  std::unique_ptr<FollowedFiles> followed_;
};

}  // namespace tally::rpc
