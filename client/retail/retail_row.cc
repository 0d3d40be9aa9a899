#include "client/retail/retail_row.h"

#include <algorithm>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "client/calls/utf8.h"

namespace tally::client {
namespace {

// In the order of RetailLayout::Column.
constexpr absl::string_view kColumnNames[] = {"InvoiceNo",   "StockCode", "Description", "Quantity",
                                              "InvoiceDate", "UnitPrice", "CustomerID"};

absl::StatusOr<absl::Time> ParseShopTime(absl::string_view text) {
  absl::Time time;
  std::string error;
  const bool digits_first = !text.empty() && absl::ascii_isdigit(text[0]);
  for (const char* format : {"%Y-%m-%d%t%H:%M:%E*S", "%Y-%m-%d%t%H:%M"}) {
    if (digits_first && absl::ParseTime(format, text, absl::UTCTimeZone(), &time, &error)) {
      return time;
    }
  }
  return absl::InvalidArgumentError(absl::StrCat("InvoiceDate `", text, "` is no date and time"));
}

}  // namespace

absl::StatusOr<RetailLayout> RetailLayout::FromHeader(const CsvRecord& header) {
  RetailLayout layout;
  layout.columns_ = header.fields.size();
  std::vector<absl::string_view> missing;
  for (size_t column = 0; column < kColumns; ++column) {
    const auto found =
        std::find_if(header.fields.begin(), header.fields.end(), [&](const std::string& field) {
          return absl::StripAsciiWhitespace(field) == kColumnNames[column];
        });
    if (found == header.fields.end()) missing.push_back(kColumnNames[column]);
    layout.index_[column] = static_cast<size_t>(found - header.fields.begin());
  }
  if (missing.empty()) return layout;
  return absl::InvalidArgumentError(absl::StrCat("the first line must name the columns; missing: ",
                                                 absl::StrJoin(missing, ", ")));
}

absl::string_view RetailLayout::Field(const CsvRecord& record, Column column) const {
  return absl::StripAsciiWhitespace(record.fields[index_[column]]);
}

std::string RetailLayout::InvoiceOf(const CsvRecord& record) const {
  if (index_[kInvoice] >= record.fields.size()) return "";
  const absl::string_view invoice = Field(record, kInvoice);
  return IsUtf8(invoice) ? std::string(invoice) : "";
}

absl::StatusOr<RetailRow> RetailLayout::Read(const CsvRecord& record) const {
  if (!record.problem.empty()) return absl::InvalidArgumentError(record.problem);
  if (record.fields.size() != columns_) {
    return absl::InvalidArgumentError(
        absl::StrCat(record.fields.size(), " columns instead of ", columns_));
  }
  if (!std::all_of(record.fields.begin(), record.fields.end(), IsUtf8)) {
    return absl::InvalidArgumentError("bytes that are not UTF-8");
  }
  RetailRow row{.line = record.line,
                .invoice = std::string(Field(record, kInvoice)),
                .sku = std::string(Field(record, kSku)),
                .description = std::string(Field(record, kDescription)),
                .customer = std::string(Field(record, kCustomer))};
  if (row.invoice.empty()) return absl::InvalidArgumentError("InvoiceNo is empty");
  if (!absl::SimpleAtoi(Field(record, kQuantity), &row.quantity)) {
    return absl::InvalidArgumentError(
        absl::StrCat("Quantity `", Field(record, kQuantity), "` is no whole number"));
  }
  absl::StatusOr<absl::Time> time = ParseShopTime(Field(record, kTime));
  if (!time.ok()) return time.status();
  row.time = *time;
  absl::StatusOr<base::Money> price = base::Money::Parse(kRetailCurrency, Field(record, kPrice));
  if (!price.ok()) {
    return absl::InvalidArgumentError(absl::StrCat("UnitPrice `", Field(record, kPrice),
                                                   "` is no amount: ", price.status().message()));
  }
  row.unit_price = *std::move(price);
  return row;
}

}  // namespace tally::client
