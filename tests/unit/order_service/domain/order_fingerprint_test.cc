#include "order_service/domain/order_fingerprint.h"

#include <functional>
#include <set>
#include <vector>

#include "absl/strings/escaping.h"
#include "gtest/gtest.h"

namespace tally::orders {
namespace {

OrderContent Content() {
  OrderContent content;
  content.customer = "17850";
  content.currency = "GBP";
  content.lines = {{"85123A", "HOLDER", 6, *base::Money::Create("GBP", 2, 550'000'000)}};
  return content;
}

TEST(Fingerprint, IsTheSameForTheSameContent) {
  EXPECT_EQ(Fingerprint(Content()), Fingerprint(Content()));
}

// Fingerprints are stored: one that changes makes every repeated call an ALREADY_EXISTS.
TEST(Fingerprint, NeverChanges) {
  EXPECT_EQ(absl::BytesToHexString(Fingerprint(Content())), "026de3aa8652c14c64a95ff3a98cf1d9");
}

TEST(Fingerprint, DiffersWhereAnyFieldDiffers) {
  const std::vector<std::function<void(OrderContent&)>> changes = {
      [](OrderContent&) {},
      [](OrderContent& c) { c.customer = "17851"; },
      [](OrderContent& c) { c.currency = "EUR"; },
      [](OrderContent& c) { c.place_time = absl::UnixEpoch(); },
      [](OrderContent& c) { c.place_time = absl::UnixEpoch() + absl::Microseconds(1); },
      [](OrderContent& c) { c.lines.push_back(c.lines[0]); },
      [](OrderContent& c) { c.lines[0].quantity = 7; },
      [](OrderContent& c) { c.lines[0].unit_price = *base::Money::Create("GBP", 2, 560'000'000); },
      [](OrderContent& c) {
        c.lines[0].sku = "85123AH";
        c.lines[0].description = "OLDER";
      },
  };
  std::set<std::string> seen;
  for (const auto& change : changes) {
    OrderContent content = Content();
    change(content);
    seen.insert(Fingerprint(content));
  }
  EXPECT_EQ(seen.size(), changes.size());
}

}  // namespace
}  // namespace tally::orders
