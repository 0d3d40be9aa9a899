#include "common/rpc/server_certificates.h"

#include <fcntl.h>
#include <grpcpp/security/tls_certificate_provider.h>
#include <grpcpp/security/tls_credentials_options.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/base/status_macros.h"

namespace tally::rpc {
namespace {

constexpr unsigned kGrpcReadsEverySeconds = 1;

}  // namespace

ServerCertificates::MemoryFile::~MemoryFile() {
  if (fd_ >= 0) close(fd_);
}

absl::Status ServerCertificates::MemoryFile::Replace(const std::string& content) {
  const int next = memfd_create("certificates", MFD_CLOEXEC);
  if (next < 0) return absl::ErrnoToStatus(errno, "memfd_create");
  if (write(next, content.data(), content.size()) != static_cast<ssize_t>(content.size())) {
    close(next);
    return absl::ResourceExhaustedError("no memory for certificates");
  }
  if (fd_ < 0) {
    fd_ = next;
    return absl::OkStatus();
  }
  const int replaced = dup3(next, fd_, O_CLOEXEC);
  const int why = errno;
  close(next);
  return replaced < 0 ? absl::ErrnoToStatus(why, "dup3") : absl::OkStatus();
}

std::string ServerCertificates::MemoryFile::path() const {
  return absl::StrCat("/proc/self/fd/", fd_);
}

absl::StatusOr<std::unique_ptr<ServerCertificates>> ServerCertificates::Open(
    const config::TlsFiles& files, telemetry::Telemetry& telemetry) {
  if (files.certificates.empty()) return absl::InvalidArgumentError("--tls_cert: must be given");
  std::unique_ptr<ServerCertificates> opened(new ServerCertificates(files, telemetry));
  RETURN_IF_ERROR(opened->Read());
  grpc::experimental::TlsServerCredentialsOptions options(
      std::make_shared<grpc::experimental::FileWatcherCertificateProvider>(
          opened->key_.path(), opened->certificates_.path(),
          files.ca.empty() ? "" : opened->ca_.path(), kGrpcReadsEverySeconds));
  options.watch_identity_key_cert_pairs();
  if (!files.ca.empty()) {
    options.watch_root_certs();
    options.set_cert_request_type(GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY);
  }
  opened->credentials_ = grpc::experimental::TlsServerCredentials(options);
  opened->followed_ = std::make_unique<FollowedFiles>(
      FollowedFilesOptions{
          .thread = "certificates",
          .what = "certificates",
          .gauge = "tally_tls_files_refused",
          .help = "1 while the files of --tls_cert and its like are wrong, and older ones count."},
      [own = opened.get()] { return own->Read(); }, telemetry);
  return opened;
}

ServerCertificates::ServerCertificates(const config::TlsFiles& files,
                                       telemetry::Telemetry& telemetry)
    : files_(files), log_(telemetry.log) {}

absl::Status ServerCertificates::Read() {
  base::Violations problems;
  const TlsContent content = ReadTls(files_, "--tls_client_ca", problems);
  if (!problems.empty()) {
    const auto format = [](std::string* out, const base::Violation& problem) {
      absl::StrAppend(out, problem.field, ": ", problem.description);
    };
    return absl::InvalidArgumentError(absl::StrJoin(problems.list(), "; ", format));
  }
  if (content == published_) return absl::OkStatus();
  RETURN_IF_ERROR(Publish(content));
  log_.Info("certificates read", {{"file", files_.certificates}});
  return absl::OkStatus();
}

// gRPC reads key and certificates again if one of the two was replaced meanwhile.
absl::Status ServerCertificates::Publish(const TlsContent& content) {
  RETURN_IF_ERROR(key_.Replace(content.key));
  RETURN_IF_ERROR(certificates_.Replace(content.certificates));
  if (!files_.ca.empty()) RETURN_IF_ERROR(ca_.Replace(content.ca));
  published_ = content;
  return absl::OkStatus();
}

}  // namespace tally::rpc
