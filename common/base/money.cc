#include "common/base/money.h"

#include <algorithm>
#include <cstdlib>
#include <limits>
#include <optional>
#include <utility>

#include "absl/numeric/int128.h"
#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/strip.h"
#include "common/base/currency.h"
#include "common/base/status_macros.h"

namespace tally::base {
namespace {

constexpr int64_t kNanosPerUnit = 1'000'000'000;
constexpr size_t kNanoDigits = 9;
constexpr char kTooLarge[] = "the amount is too large: units are less than 2^63";

// The amount units + nanos × 10^-9, for units and nanos of any size and sign.
absl::StatusOr<Money> Normalized(absl::string_view currency, absl::int128 units,
                                 absl::int128 nanos) {
  units += nanos / kNanosPerUnit;
  nanos %= kNanosPerUnit;
  if (units > 0 && nanos < 0) {
    units -= 1;
    nanos += kNanosPerUnit;
  } else if (units < 0 && nanos > 0) {
    units += 1;
    nanos -= kNanosPerUnit;
  }
  if (units > std::numeric_limits<int64_t>::max() || units < std::numeric_limits<int64_t>::min()) {
    return absl::OutOfRangeError(kTooLarge);
  }
  return Money::Create(currency, static_cast<int64_t>(units), static_cast<int64_t>(nanos));
}

bool IsCurrencyForm(absl::string_view currency) {
  return currency.size() == 3 && std::all_of(currency.begin(), currency.end(), absl::ascii_isupper);
}

bool IsDigits(absl::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), absl::ascii_isdigit);
}

absl::Status CheckSameCurrency(const Money& a, const Money& b) {
  if (a.currency() == b.currency()) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("amounts of two currencies: ", a.currency(), " and ", b.currency()));
}

}  // namespace

absl::StatusOr<Money> Money::Create(absl::string_view currency, int64_t units, int64_t nanos) {
  if (!IsCurrencyForm(currency)) {
    return absl::InvalidArgumentError("a currency is three upper-case letters");
  }
  if (nanos <= -kNanosPerUnit || nanos >= kNanosPerUnit) {
    return absl::InvalidArgumentError("nanos are from -999,999,999 to 999,999,999");
  }
  if ((units > 0 && nanos < 0) || (units < 0 && nanos > 0)) {
    return absl::InvalidArgumentError("units and nanos have the same sign");
  }
  return Money(currency, units, static_cast<int32_t>(nanos));
}

absl::StatusOr<Money> Money::FromSums(absl::string_view currency, int64_t units, int64_t nanos) {
  return Normalized(currency, units, nanos);
}

absl::StatusOr<Money> Money::Parse(absl::string_view currency, absl::string_view text) {
  const std::optional<int> digits = MinorUnits(currency);
  if (!digits.has_value()) {
    return absl::InvalidArgumentError("a currency is an active ISO 4217 code");
  }
  const bool negative = absl::ConsumePrefix(&text, "-");
  const size_t point = text.find('.');
  const absl::string_view whole = text.substr(0, point);
  absl::string_view fraction = point == text.npos ? "0" : text.substr(point + 1);
  if (!IsDigits(whole) || !IsDigits(fraction)) {
    return absl::InvalidArgumentError("an amount is decimal text such as 12.30");
  }
  while (absl::ConsumeSuffix(&fraction, "0")) {
  }
  if (fraction.size() > static_cast<size_t>(*digits)) {
    return absl::InvalidArgumentError(
        absl::StrCat(currency, " has ", *digits, " digits after the point"));
  }
  uint64_t units;
  if (!absl::SimpleAtoi(whole, &units)) return absl::OutOfRangeError(kTooLarge);
  int64_t nanos = 0;
  for (size_t i = 0; i < kNanoDigits; ++i) {
    nanos = nanos * 10 + (i < fraction.size() ? fraction[i] - '0' : 0);
  }
  const int sign = negative ? -1 : 1;
  return Normalized(currency, absl::int128(units) * sign, nanos * sign);
}

std::string Money::Format() const {
  const uint64_t units = units_ < 0 ? -static_cast<uint64_t>(units_) : units_;
  std::string fraction = absl::StrFormat("%09d", std::abs(nanos_));
  const size_t least_digits = MinorUnits(currency_).value_or(0);
  while (fraction.size() > least_digits && fraction.back() == '0') fraction.pop_back();
  return absl::StrCat(is_negative() ? "-" : "", units, fraction.empty() ? "" : ".", fraction);
}

std::partial_ordering operator<=>(const Money& a, const Money& b) {
  if (a.currency_ != b.currency_) return std::partial_ordering::unordered;
  return std::pair(a.units_, a.nanos_) <=> std::pair(b.units_, b.nanos_);
}

absl::StatusOr<Money> Add(const Money& a, const Money& b) {
  RETURN_IF_ERROR(CheckSameCurrency(a, b));
  return Normalized(a.currency(), absl::int128(a.units()) + b.units(),
                    absl::int128(a.nanos()) + b.nanos());
}

absl::StatusOr<Money> Subtract(const Money& a, const Money& b) {
  RETURN_IF_ERROR(CheckSameCurrency(a, b));
  return Normalized(a.currency(), absl::int128(a.units()) - b.units(),
                    absl::int128(a.nanos()) - b.nanos());
}

absl::StatusOr<Money> Multiply(const Money& price, int64_t quantity) {
  return Normalized(price.currency(), absl::int128(price.units()) * quantity,
                    absl::int128(price.nanos()) * quantity);
}

bool FinerThanMinorUnit(const Money& money) {
  const std::optional<int> digits = MinorUnits(money.currency());
  if (!digits.has_value()) return false;
  int64_t minor_unit_nanos = kNanosPerUnit;
  for (int i = 0; i < *digits; ++i) minor_unit_nanos /= 10;
  return money.nanos() % minor_unit_nanos != 0;
}

}  // namespace tally::base
