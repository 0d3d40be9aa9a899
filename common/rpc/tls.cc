#include "common/rpc/tls.h"

#include <grpcpp/security/tls_certificate_provider.h>
#include <grpcpp/security/tls_credentials_options.h>
#include <openssl/bio.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <fstream>

#include "absl/strings/str_cat.h"

namespace tally::rpc {
namespace {

constexpr size_t kFileBytesMax = 1 << 20;
constexpr unsigned kReadEverySeconds = 2;

template <typename T, void (*kFree)(T*)>
struct Free {
  void operator()(T* owned) const { kFree(owned); }
};
using Certificate = std::unique_ptr<X509, Free<X509, X509_free>>;
using Key = std::unique_ptr<EVP_PKEY, Free<EVP_PKEY, EVP_PKEY_free>>;
using Memory = std::unique_ptr<BIO, Free<BIO, BIO_free_all>>;

// What one flag names, and what is wrong with it.
class PemFile {
 public:
  PemFile(std::string flag, const std::string& path, base::Violations& problems)
      : flag_(std::move(flag)), path_(path), problems_(problems) {}

  Certificate ReadCertificate() {
    const Memory memory = Read();
    if (memory == nullptr) return nullptr;
    Certificate first(PEM_read_bio_X509(memory.get(), nullptr, nullptr, nullptr));
    if (first == nullptr) Refuse("holds no certificate in PEM");
    if (first != nullptr && X509_cmp_current_time(X509_get0_notAfter(first.get())) < 0) {
      Refuse("holds a certificate that has expired");
    }
    return first;
  }
  Key ReadKey() {
    const Memory memory = Read();
    if (memory == nullptr) return nullptr;
    // Without a callback OpenSSL would ask on the terminal.
    const auto no_passphrase = [](char*, int, int, void*) { return 0; };
    Key key(PEM_read_bio_PrivateKey(memory.get(), nullptr, no_passphrase, nullptr));
    if (key == nullptr) Refuse("holds no private key in PEM without a passphrase");
    return key;
  }
  void Refuse(const std::string& why) { problems_.Add(flag_, absl::StrCat(path_, " ", why)); }

 private:
  Memory Read() {
    std::ifstream file(path_, std::ios::binary);
    content_.resize(kFileBytesMax);
    file.read(content_.data(), kFileBytesMax);
    content_.resize(static_cast<size_t>(file.gcount()));
    if (content_.empty()) Refuse("cannot be read, or is empty");
    if (content_.empty()) return nullptr;
    return Memory(BIO_new_mem_buf(content_.data(), static_cast<int>(content_.size())));
  }

  const std::string flag_;
  const std::string path_;
  base::Violations& problems_;
  std::string content_;
};

std::string ContentOf(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace

void CheckTls(const config::TlsFiles& files, const std::string& ca_flag,
              base::Violations& problems) {
  if (!files.ca.empty()) PemFile(ca_flag, files.ca, problems).ReadCertificate();
  if (files.certificates.empty() && files.key.empty()) return;
  if (files.key.empty()) return problems.Add("--tls_key", "must be given with --tls_cert");
  if (files.certificates.empty()) {
    return problems.Add("--tls_cert", "must be given with --tls_key");
  }
  PemFile key_file("--tls_key", files.key, problems);
  const Certificate certificate =
      PemFile("--tls_cert", files.certificates, problems).ReadCertificate();
  const Key key = key_file.ReadKey();
  if (certificate == nullptr || key == nullptr) return;
  if (X509_check_private_key(certificate.get(), key.get()) != 1) {
    key_file.Refuse("is not the key of --tls_cert's first certificate");
  }
}

std::shared_ptr<grpc::ServerCredentials> ServerCredentials(const config::TlsFiles& files) {
  if (files.certificates.empty()) return grpc::InsecureServerCredentials();
  grpc::experimental::TlsServerCredentialsOptions options(
      std::make_shared<grpc::experimental::FileWatcherCertificateProvider>(
          files.key, files.certificates, files.ca, kReadEverySeconds));
  options.watch_identity_key_cert_pairs();
  if (!files.ca.empty()) {
    options.watch_root_certs();
    options.set_cert_request_type(GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY);
  }
  return grpc::experimental::TlsServerCredentials(options);
}

std::shared_ptr<grpc::ChannelCredentials> ClientCredentials(const config::TlsFiles& files) {
  if (files.ca.empty()) return grpc::InsecureChannelCredentials();
  return grpc::SslCredentials({.pem_root_certs = ContentOf(files.ca),
                               .pem_private_key = ContentOf(files.key),
                               .pem_cert_chain = ContentOf(files.certificates)});
}

}  // namespace tally::rpc
