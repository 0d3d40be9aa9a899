#include "order_service/domain/order_fingerprint.h"

#include <cstdint>

#include <openssl/evp.h>

#include "absl/strings/string_view.h"
#include "common/base/check.h"

namespace tally::orders {
namespace {

constexpr size_t kFingerprintBytes = 16;

// Every field with its length in front, so that no two contents give the same bytes.
class Encoder {
 public:
  void Number(int64_t value) {
    char bytes[sizeof(value)];
    for (size_t i = 0; i < sizeof(value); ++i) {
      bytes[i] = static_cast<char>(value >> (8 * (sizeof(value) - 1 - i)));
    }
    bytes_.append(bytes, sizeof(bytes));
  }
  void Text(absl::string_view text) {
    Number(static_cast<int64_t>(text.size()));
    bytes_.append(text.data(), text.size());
  }
  const std::string& bytes() const { return bytes_; }

 private:
  std::string bytes_;
};

std::string Digest(const std::string& bytes) {
  // Looked up once: OpenSSL's own look-up costs as much as the digest.
  static const EVP_MD* const sha256 = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  unsigned char digest[EVP_MAX_MD_SIZE];
  TALLY_CHECK(EVP_Digest(bytes.data(), bytes.size(), digest, nullptr, sha256, nullptr) == 1);
  return std::string(reinterpret_cast<const char*>(digest), kFingerprintBytes);
}

}  // namespace

std::string Fingerprint(const OrderContent& content) {
  Encoder encoder;
  encoder.Text(content.customer);
  encoder.Text(content.currency);
  encoder.Number(content.place_time.has_value());
  encoder.Number(content.place_time ? absl::ToUnixMicros(*content.place_time) : 0);
  encoder.Number(static_cast<int64_t>(content.lines.size()));
  for (const OrderLine& line : content.lines) {
    encoder.Text(line.sku);
    encoder.Text(line.description);
    encoder.Number(line.quantity);
    encoder.Number(line.unit_price.units());
    encoder.Number(line.unit_price.nanos());
  }
  return Digest(encoder.bytes());
}

std::string Fingerprint(const CancellationContent& content) {
  Encoder encoder;
  encoder.Text(content.order_id.ToString());
  encoder.Text(content.etag);
  encoder.Text(content.reason);
  return Digest(encoder.bytes());
}

}  // namespace tally::orders
