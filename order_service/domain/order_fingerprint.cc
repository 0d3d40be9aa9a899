#include "order_service/domain/order_fingerprint.h"

#include <cstdint>

#include <openssl/sha.h>

#include "absl/strings/string_view.h"

namespace tally::orders {
namespace {

constexpr size_t kFingerprintBytes = 16;

// Every field with its length in front, so that no two contents give the same bytes.
class Encoder {
 public:
  void Number(int64_t value) {
    for (int shift = 56; shift >= 0; shift -= 8)
      bytes_.push_back(static_cast<char>(value >> shift));
  }
  void Text(absl::string_view text) {
    Number(static_cast<int64_t>(text.size()));
    bytes_.append(text.data(), text.size());
  }
  const std::string& bytes() const { return bytes_; }

 private:
  std::string bytes_;
};

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
  unsigned char digest[SHA256_DIGEST_LENGTH];
  SHA256(reinterpret_cast<const unsigned char*>(encoder.bytes().data()), encoder.bytes().size(),
         digest);
  return std::string(reinterpret_cast<const char*>(digest), kFingerprintBytes);
}

}  // namespace tally::orders
