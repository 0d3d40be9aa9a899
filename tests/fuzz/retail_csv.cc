// A retail file as `tally import` reads it.

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "client/retail/csv_reader.h"
#include "client/retail/invoice_book.h"
#include "common/base/check.h"
#include "tests/fuzz/targets.h"

namespace tally::fuzz {
namespace {

using client::CsvReader;
using client::CsvRecord;

std::string Write(const CsvRecord& record) {
  std::string line;
  for (const std::string& field : record.fields) {
    absl::StrAppend(&line, line.empty() ? "" : ",", "\"",
                    absl::StrReplaceAll(field, {{"\"", "\"\""}}), "\"");
  }
  return line + "\r\n";
}

// A record written out reads back as it was.
void CheckRecord(const CsvRecord& record) {
  TALLY_CHECK(record.problem.empty() != record.fields.empty());
  for (const std::string& field : record.fields) {
    if (field.size() > CsvReader::kFieldBytesMax) return;  // It stood there without quotes.
  }
  if (!record.problem.empty()) return;
  const std::string text = Write(record);
  CsvReader reader(text);
  const auto again = reader.Next();
  TALLY_CHECK(again.has_value() && again->fields == record.fields && again->line == 1);
  TALLY_CHECK(!reader.Next().has_value());
}

int64_t CheckRecords(absl::string_view input) {
  CsvReader reader(input);
  int64_t records = 0, line = 0;
  while (const std::optional<CsvRecord> record = reader.Next()) {
    TALLY_CHECK(record->line > line);
    line = record->line;
    ++records;
    CheckRecord(*record);
  }
  return records;
}

void CheckOrder(const client::Invoice& invoice) {
  const orders::v1::PlaceOrderRequest& order = invoice.request;
  TALLY_CHECK(!order.request_id().empty() && !order.customer().empty());
  TALLY_CHECK(order.lines_size() > 0 && order.has_place_time());
  TALLY_CHECK(order.place_time().nanos() >= 0 && order.place_time().nanos() < 1'000'000'000);
  for (const orders::v1::OrderLine& line : order.lines()) {
    TALLY_CHECK(line.quantity() > 0);
    TALLY_CHECK(line.unit_price().units() > 0 || line.unit_price().nanos() > 0);
  }
}

// Every row is a line of an order, or is named with why it is not.
void CheckInvoices(const client::Invoices& invoices, int64_t records) {
  TALLY_CHECK(invoices.rows == records - 1);
  int64_t rows = 0, line = 0;
  for (const client::Invoice& invoice : invoices.orders) {
    CheckOrder(invoice);
    TALLY_CHECK(invoice.line > line);
    line = invoice.line;
    rows += invoice.request.lines_size();
  }
  for (const client::LeftOut& left : invoices.left_out) {
    if (left.reason != client::LeftOutReason::kInvoiceWithoutLines) ++rows;
    TALLY_CHECK(left.line > 1);
  }
  TALLY_CHECK(rows == invoices.rows);
}

}  // namespace

void RetailCsv(absl::string_view input) {
  const int64_t records = CheckRecords(input);
  const auto invoices = client::ReadRetailCsv(input);
  if (!invoices.ok()) {
    TALLY_CHECK(absl::IsInvalidArgument(invoices.status()));
    return;
  }
  CheckInvoices(*invoices, records);
}

}  // namespace tally::fuzz
