#include "client/retail/invoice_book.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "client/retail/csv_reader.h"
#include "common/base/status_macros.h"
#include "common/rpc/google_types.h"

namespace tally::client {
namespace {

constexpr char kGuest[] = "guest";

}  // namespace

void InvoiceBook::Add(RetailRow row) {
  ++invoices_.rows;
  if (absl::StartsWith(row.invoice, "C")) {
    return LeaveOut(row, LeftOutReason::kCreditNote, "");
  }
  orders::v1::PlaceOrderRequest& order = FindOrBegin(row).request;
  if (row.time < rpc::ToTime(order.place_time())) {
    rpc::ToMessage(row.time, *order.mutable_place_time());
  }
  if (order.customer().empty()) order.set_customer(row.customer);
  if (row.quantity <= 0) {
    return LeaveOut(row, LeftOutReason::kQuantityNotAboveZero, absl::StrCat(row.quantity));
  }
  if (row.unit_price.is_zero() || row.unit_price.is_negative()) {
    return LeaveOut(row, LeftOutReason::kPriceNotAboveZero, row.unit_price.Format());
  }
  orders::v1::OrderLine& line = *order.add_lines();
  line.set_sku(std::move(row.sku));
  line.set_description(std::move(row.description));
  line.set_quantity(row.quantity);
  rpc::ToMessage(row.unit_price, *line.mutable_unit_price());
}

void InvoiceBook::AddMalformed(int64_t line, std::string invoice, absl::string_view problem) {
  ++invoices_.rows;
  invoices_.left_out.push_back(
      {line, std::move(invoice), LeftOutReason::kMalformed, std::string(problem)});
}

Invoice& InvoiceBook::FindOrBegin(const RetailRow& row) {
  const auto [entry, is_new] = index_.try_emplace(row.invoice, invoices_.orders.size());
  if (!is_new) return invoices_.orders[entry->second];
  Invoice& invoice = invoices_.orders.emplace_back();
  invoice.line = row.line;
  invoice.request.set_request_id(row.invoice);
  invoice.request.set_currency(kRetailCurrency);
  rpc::ToMessage(row.time, *invoice.request.mutable_place_time());
  return invoice;
}

void InvoiceBook::LeaveOut(const RetailRow& row, LeftOutReason reason, std::string detail) {
  invoices_.left_out.push_back({row.line, row.invoice, reason, std::move(detail)});
}

Invoices InvoiceBook::Finish() && {
  std::vector<Invoice> whole;
  for (Invoice& invoice : invoices_.orders) {
    if (invoice.request.lines().empty()) {
      invoices_.left_out.push_back(
          {invoice.line, invoice.request.request_id(), LeftOutReason::kInvoiceWithoutLines, ""});
      continue;
    }
    if (invoice.request.customer().empty()) invoice.request.set_customer(kGuest);
    whole.push_back(std::move(invoice));
  }
  invoices_.orders = std::move(whole);
  std::stable_sort(invoices_.left_out.begin(), invoices_.left_out.end(),
                   [](const LeftOut& a, const LeftOut& b) { return a.line < b.line; });
  return std::move(invoices_);
}

absl::StatusOr<Invoices> ReadRetailCsv(absl::string_view content) {
  CsvReader reader(content);
  const std::optional<CsvRecord> header = reader.Next();
  if (!header.has_value()) return absl::InvalidArgumentError("the file is empty");
  ASSIGN_OR_RETURN(const RetailLayout layout, RetailLayout::FromHeader(*header));
  InvoiceBook book;
  while (std::optional<CsvRecord> record = reader.Next()) {
    absl::StatusOr<RetailRow> row = layout.Read(*record);
    if (row.ok()) {
      book.Add(*std::move(row));
    } else {
      book.AddMalformed(record->line, layout.InvoiceOf(*record), row.status().message());
    }
  }
  return std::move(book).Finish();
}

}  // namespace tally::client
