#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "client/retail/csv_reader.h"
#include "common/base/money.h"

namespace tally::client {

// What the prices of a retail file are in.
inline constexpr char kRetailCurrency[] = "GBP";

// One row of a retail file.
struct RetailRow {
  int64_t line = 0;  // of the file
  std::string invoice;
  std::string sku;
  std::string description;
  int64_t quantity = 0;
  absl::Time time = absl::UnixEpoch();
  base::Money unit_price = {};
  std::string customer;  // may be empty
};

// Where the columns of a retail file stand. An immutable value.
class RetailLayout {
 public:
  // Reads the header. InvalidArgument names the columns that are missing. They may stand in any
  // order; others are ignored.
  static absl::StatusOr<RetailLayout> FromHeader(const CsvRecord& header);

  // Reads one record; spaces around a field do not count. InvalidArgument says what is wrong: the
  // number of columns, an empty invoice, bytes that are not UTF-8, or a quantity, time (as
  // `2010-12-01 08:26:00`, taken as UTC) or price that cannot be read. A price finer than a penny
  // is wrong too.
  absl::StatusOr<RetailRow> Read(const CsvRecord& record) const;

  // The invoice a record names, also of one that Read() refuses; empty if it names none.
  std::string InvoiceOf(const CsvRecord& record) const;

 private:
  enum Column { kInvoice, kSku, kDescription, kQuantity, kTime, kPrice, kCustomer, kColumns };

  absl::string_view Field(const CsvRecord& record, Column column) const;

  size_t columns_ = 0;
  std::array<size_t, kColumns> index_ = {};
};

}  // namespace tally::client
