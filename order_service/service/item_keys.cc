#include "order_service/service/item_keys.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "common/base/violations.h"
#include "common/rpc/errors.h"

namespace tally::orders {
namespace {

constexpr int kItemsMax = 100;
constexpr size_t kKeyCharsMax = 128;

bool IsKey(const std::string& key) {
  const auto printable = [](char c) { return c >= 0x20 && c < 0x7f; };
  return !key.empty() && key.size() <= kKeyCharsMax &&
         std::all_of(key.begin(), key.end(), printable);
}

}  // namespace

absl::Status ItemKeys::Take(const v1::PlaceOrdersRequest& request) {
  base::Violations violations;
  if (request.items().empty() || request.items_size() > kItemsMax) {
    violations.Add("items",
                   absl::StrCat("must be 1 to ", kItemsMax, ", not ", request.items_size()));
    return rpc::BadRequest(violations);
  }
  absl::MutexLock lock(&mutex_);
  int taken = 0;
  for (; taken < request.items_size(); ++taken) {
    const std::string& key = request.items(taken).item_key();
    const std::string field = absl::StrCat("items[", taken, "].item_key");
    if (!IsKey(key)) {
      violations.Add(field,
                     absl::StrCat("must be 1 to ", kKeyCharsMax, " printable ASCII characters"));
      break;
    }
    if (!keys_.insert(key).second) {
      violations.Add(field, "must be unique among the items of the stream that are not answered");
      break;
    }
  }
  if (violations.empty()) return absl::OkStatus();
  for (int i = 0; i < taken; ++i) keys_.erase(request.items(i).item_key());
  return rpc::BadRequest(violations);
}

void ItemKeys::Release(const std::string& key) {
  absl::MutexLock lock(&mutex_);
  keys_.erase(key);
}

}  // namespace tally::orders
