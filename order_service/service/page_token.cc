#include "order_service/service/page_token.h"

#include <cstdint>

#include <openssl/sha.h>

#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/base/status_macros.h"

namespace tally::orders {
namespace {

// A digest that tells one filter from another; callers may not take a token from one list to the
// next.
std::string Digest(const OrderFilter& filter) {
  const std::string text =
      absl::StrCat(filter.state ? static_cast<int>(*filter.state) : -1, "/", filter.newest_first,
                   "/", absl::ToUnixMicros(filter.start_time), "/",
                   absl::ToUnixMicros(filter.end_time), "/", filter.customer);
  unsigned char digest[SHA256_DIGEST_LENGTH];
  SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest);
  return absl::BytesToHexString(absl::string_view(reinterpret_cast<const char*>(digest), 8));
}

}  // namespace

std::string EncodePageToken(const OrderFilter& filter, const OrderCursor& last) {
  return absl::WebSafeBase64Escape(absl::StrCat(
      Digest(filter), "/", absl::ToUnixMicros(last.place_time), "/", last.order_id.ToString()));
}

absl::StatusOr<OrderCursor> ParsePageToken(absl::string_view token, const OrderFilter& filter) {
  const absl::Status invalid = absl::InvalidArgumentError(
      "must be the next_page_token of a call with the same customer, state, times and order_by");
  std::string text;
  if (!absl::WebSafeBase64Unescape(token, &text)) return invalid;
  const std::vector<std::string> parts = absl::StrSplit(text, '/');
  int64_t place_time = 0;
  if (parts.size() != 3 || parts[0] != Digest(filter) || !absl::SimpleAtoi(parts[1], &place_time))
    return invalid;
  const absl::StatusOr<base::Uuid> order_id = base::Uuid::Parse(parts[2]);
  if (!order_id.ok()) return invalid;
  return OrderCursor{absl::FromUnixMicros(place_time), *order_id};
}

}  // namespace tally::orders
