#pragma once

#include <compare>
#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace tally::base {

// An exact amount of one currency, in the form of google.type.Money: units, and nanos (10^-9 units)
// from -999,999,999 to 999,999,999 that never have the other sign than units. The currency is three
// upper-case letters, of ISO 4217 or not. Immutable value. No floating point anywhere; what does
// not fit is an error, never a wrong amount.
class Money {
 public:
  // Zero of "XXX", ISO 4217's "no currency": for what is filled in later.
  Money() = default;

  // InvalidArgument where a rule above is broken.
  static absl::StatusOr<Money> Create(absl::string_view currency, int64_t units, int64_t nanos);

  // The amount units + nanos × 10^-9 for any two numbers, as columns that were summed separately
  // give them. InvalidArgument for the currency, OutOfRange if it does not fit.
  static absl::StatusOr<Money> FromSums(absl::string_view currency, int64_t units, int64_t nanos);

  // Reads decimal text: "12.30", "-0.5", "7". InvalidArgument for other text (no "+", no grouping,
  // no exponent, a digit on both sides of the point), a currency that is not active and an amount
  // finer than the currency's minor unit; OutOfRange if it does not fit.
  static absl::StatusOr<Money> Parse(absl::string_view currency, absl::string_view text);

  // Decimal text without the currency: the currency's own number of digits ("12.30"; JPY "12"),
  // more where the amount is finer. Exact.
  std::string Format() const;

  const std::string& currency() const { return currency_; }
  int64_t units() const { return units_; }
  int32_t nanos() const { return nanos_; }
  bool is_zero() const { return units_ == 0 && nanos_ == 0; }
  bool is_negative() const { return units_ < 0 || nanos_ < 0; }

  friend bool operator==(const Money&, const Money&) = default;
  // By amount; amounts of different currencies are unordered.
  friend std::partial_ordering operator<=>(const Money& a, const Money& b);

 private:
  Money(absl::string_view currency, int64_t units, int32_t nanos)
      : currency_(currency), units_(units), nanos_(nanos) {}

  std::string currency_ = "XXX";
  int64_t units_ = 0;
  int32_t nanos_ = 0;
};

// OutOfRange if the result does not fit; InvalidArgument for two currencies.
absl::StatusOr<Money> Add(const Money& a, const Money& b);
absl::StatusOr<Money> Subtract(const Money& a, const Money& b);
absl::StatusOr<Money> Multiply(const Money& price, int64_t quantity);

// Whether the amount has digits below the currency's minor unit (GBP 0.005). False where the
// currency has none known: MinorUnits tells that.
bool FinerThanMinorUnit(const Money& money);

}  // namespace tally::base
