#include "order_service/domain/order_validation.h"

#include <algorithm>
#include <optional>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "common/base/currency.h"
#include "common/base/text.h"

namespace tally::orders {
namespace {

const absl::Time kPlaceTimeMin = absl::FromUnixSeconds(315532800);  // 1980-01-01T00:00:00Z

// A line's field, its path built only when something is wrong with it.
std::string LineField(size_t index, absl::string_view field) {
  return absl::StrCat("lines[", index, "].", field);
}

void ValidatePrice(size_t index, const base::Money& price, const std::string& currency,
                   base::Violations& violations) {
  if (price.currency() != currency) {
    violations.Add(LineField(index, "unit_price.currency_code"),
                   absl::StrCat("must be empty or the order's currency, ", currency));
  } else if (price.is_negative()) {
    violations.Add(LineField(index, "unit_price"), "must be 0 or more");
  } else if (base::FinerThanMinorUnit(price)) {
    violations.Add(LineField(index, "unit_price"),
                   absl::StrCat("must have at most ", *base::MinorUnits(currency),
                                " digits after the decimal point, as ", currency, " has"));
  }
}

void ValidateLine(size_t index, const OrderLine& line, bool currency_known,
                  const std::string& currency, base::Violations& violations) {
  if (auto problem = base::TextProblem(line.sku, 1, kSkuCharsMax)) {
    violations.Add(LineField(index, "sku"), *std::move(problem));
  }
  if (auto problem = base::TextProblem(line.description, 0, kDescriptionCharsMax)) {
    violations.Add(LineField(index, "description"), *std::move(problem));
  }
  if (line.quantity < 1 || line.quantity > kQuantityMax) {
    violations.Add(LineField(index, "quantity"), absl::StrCat("must be 1 to ", kQuantityMax));
  }
  if (currency_known) ValidatePrice(index, line.unit_price, currency, violations);
}

std::optional<base::Money> SumLines(const OrderContent& content) {
  base::Money total = *base::Money::Create(content.currency, 0, 0);
  for (const OrderLine& line : content.lines) {
    const absl::StatusOr<base::Money> amount = base::Multiply(line.unit_price, line.quantity);
    if (!amount.ok()) return std::nullopt;
    absl::StatusOr<base::Money> sum = base::Add(total, *amount);
    if (!sum.ok()) return std::nullopt;
    total = *std::move(sum);
  }
  const base::Money most = *base::Money::Create(content.currency, kTotalUnitsMax, 0);
  if (total > most) return std::nullopt;
  return total;
}

}  // namespace

void ValidateRequestId(absl::string_view request_id, base::Violations& violations) {
  const auto printable = [](char c) { return c >= 0x20 && c < 0x7f; };
  if (request_id.size() > kRequestIdCharsMax ||
      !std::all_of(request_id.begin(), request_id.end(), printable)) {
    violations.Add("request_id", absl::StrCat("must be empty or 1 to ", kRequestIdCharsMax,
                                              " printable ASCII characters"));
  }
}

void ValidateContent(OrderContent& content, absl::Time now, base::Violations& violations) {
  const size_t before = violations.list().size();
  if (auto problem = base::TextProblem(content.customer, 1, kCustomerCharsMax)) {
    violations.Add("customer", *std::move(problem));
  }
  const bool currency_known = base::MinorUnits(content.currency).has_value();
  if (!currency_known) {
    violations.Add("currency", "must be the ISO 4217 code of a currency in use, such as GBP");
  }
  if (content.lines.empty() || content.lines.size() > kLinesMax) {
    violations.Add("lines", absl::StrCat("must have 1 to ", kLinesMax, " lines"));
  } else {
    for (size_t i = 0; i < content.lines.size(); ++i) {
      ValidateLine(i, content.lines[i], currency_known, content.currency, violations);
    }
  }
  if (content.place_time &&
      (*content.place_time < kPlaceTimeMin || *content.place_time > now + kPlaceTimeAheadMax)) {
    violations.Add("place_time", "must be from 1980-01-01T00:00:00Z to five minutes from now");
  }
  if (violations.list().size() != before) return;
  if (std::optional<base::Money> total = SumLines(content)) {
    content.total = *std::move(total);
  } else {
    violations.Add("lines", absl::StrCat("must have a total of at most ", kTotalUnitsMax, " ",
                                         content.currency));
  }
}

}  // namespace tally::orders
