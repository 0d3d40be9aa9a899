#include "common/rpc/tls.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <fstream>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace tally::rpc {
namespace {

constexpr size_t kFileBytesMax = 1 << 20;

template <typename T, void (*kFree)(T*)>
struct Free {
  void operator()(T* owned) const { kFree(owned); }
};
using Certificate = std::unique_ptr<X509, Free<X509, X509_free>>;
using Key = std::unique_ptr<EVP_PKEY, Free<EVP_PKEY, EVP_PKEY_free>>;
using Memory = std::unique_ptr<BIO, Free<BIO, BIO_free_all>>;
using Context = std::unique_ptr<SSL_CTX, Free<SSL_CTX, SSL_CTX_free>>;

// What one flag names, and what is wrong with it.
class PemFile {
 public:
  PemFile(std::string flag, const std::string& path, base::Violations& problems)
      : flag_(std::move(flag)), path_(path), problems_(problems) {
    // A secret that was given by TALLY_TLS_KEY_FILE: it must not be repeated.
    if (absl::StrContains(path, '\n') || absl::StartsWith(path, "-----")) {
      problems_.Add(flag_, "must be the path of a file, not what it holds");
      return;
    }
    std::ifstream file(path, std::ios::binary);
    content_.resize(kFileBytesMax);
    file.read(content_.data(), kFileBytesMax);
    content_.resize(static_cast<size_t>(file.gcount()));
    if (content_.empty()) Refuse("cannot be read, or is empty");
  }

  const std::string& content() const { return content_; }

  // The first of them.
  Certificate GetCertificate() {
    if (content_.empty()) return nullptr;
    Certificate certificate(PEM_read_bio_X509(Open().get(), nullptr, nullptr, nullptr));
    if (certificate == nullptr) Refuse("holds no certificate in PEM");
    return certificate;
  }
  Key GetKey() {
    if (content_.empty()) return nullptr;
    // Without a callback OpenSSL would ask on the terminal.
    const auto no_passphrase = [](char*, int, int, void*) { return 0; };
    Key key(PEM_read_bio_PrivateKey(Open().get(), nullptr, no_passphrase, nullptr));
    if (key == nullptr) Refuse("holds no private key in PEM without a passphrase");
    return key;
  }
  void Refuse(const std::string& why) { problems_.Add(flag_, absl::StrCat(path_, " ", why)); }

 private:
  Memory Open() const {
    return Memory(BIO_new_mem_buf(content_.data(), static_cast<int>(content_.size())));
  }

  const std::string flag_;
  const std::string path_;
  base::Violations& problems_;
  std::string content_;
};

// As gRPC will load them.
void CheckPair(PemFile& certificate_file, PemFile& key_file) {
  const Certificate certificate = certificate_file.GetCertificate();
  const Key key = key_file.GetKey();
  if (certificate == nullptr || key == nullptr) return;
  if (X509_cmp_current_time(X509_get0_notAfter(certificate.get())) < 0) {
    return certificate_file.Refuse("holds a certificate that has expired");
  }
  const Context context(SSL_CTX_new(TLS_method()));
  if (SSL_CTX_use_certificate(context.get(), certificate.get()) != 1) {
    return certificate_file.Refuse("holds a certificate that OpenSSL takes for too weak");
  }
  if (X509_check_private_key(certificate.get(), key.get()) != 1) {
    return key_file.Refuse("is not the key of --tls_cert's first certificate");
  }
  if (SSL_CTX_use_PrivateKey(context.get(), key.get()) != 1) {
    key_file.Refuse("holds a key that OpenSSL does not take");
  }
}

}  // namespace

TlsContent ReadTls(const config::TlsFiles& files, const std::string& ca_flag,
                   base::Violations& problems) {
  TlsContent content;
  if (!files.ca.empty()) {
    PemFile ca(ca_flag, files.ca, problems);
    ca.GetCertificate();
    content.ca = ca.content();
  }
  if (files.certificates.empty() != files.key.empty()) {
    problems.Add(
        files.key.empty() ? "--tls_key" : "--tls_cert",
        files.key.empty() ? "must be given with --tls_cert" : "must be given with --tls_key");
  } else if (!files.key.empty()) {
    PemFile certificates("--tls_cert", files.certificates, problems);
    PemFile key("--tls_key", files.key, problems);
    CheckPair(certificates, key);
    content.certificates = certificates.content();
    content.key = key.content();
  }
  ERR_clear_error();
  return content;
}

std::shared_ptr<grpc::ChannelCredentials> ClientCredentials(const TlsContent& content) {
  if (content.ca.empty()) return grpc::InsecureChannelCredentials();
  return grpc::SslCredentials({.pem_root_certs = content.ca,
                               .pem_private_key = content.key,
                               .pem_cert_chain = content.certificates});
}

}  // namespace tally::rpc
