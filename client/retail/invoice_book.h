#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "client/retail/left_out.h"
#include "client/retail/retail_row.h"
#include "tally/orders/v1/order_service.pb.h"

namespace tally::client {

// One order made of an invoice.
struct Invoice {
  int64_t line = 0;  // the invoice's first line in the file
  orders::v1::PlaceOrderRequest request;
};

// What a retail file comes to.
struct Invoices {
  int64_t rows = 0;               // read, without the header
  std::vector<Invoice> orders;    // in the order of their first lines
  std::vector<LeftOut> left_out;  // by line
};

// Gathers the rows of a retail file by invoice; rows of one invoice need not stand together.
//
// An invoice becomes one order: request_id is its InvoiceNo, place_time the earliest InvoiceDate of
// its rows (of those left out too), customer the first CustomerID given or `guest`. Left out are a
// row that cannot be read, a row of a credit note (InvoiceNo begins with C), a row whose quantity
// or unit price is not above zero, and an invoice of which no row is left. What the service would
// refuse for another reason (more than 1,000 lines, control characters, a description that is too
// long) is not touched: the service judges, and the import reports it. Not thread-safe.
class InvoiceBook {
 public:
  void Add(RetailRow row);
  void AddMalformed(int64_t line, std::string invoice, absl::string_view problem);

  // Takes everything out.
  Invoices Finish() &&;

 private:
  Invoice& FindOrBegin(const RetailRow& row);
  void LeaveOut(const RetailRow& row, LeftOutReason reason, std::string detail);

  absl::flat_hash_map<std::string, size_t> index_;  // of invoices_.orders, by InvoiceNo
  Invoices invoices_;
};

// The invoices of a whole file; InvalidArgument if its header is not as it must be.
absl::StatusOr<Invoices> ReadRetailCsv(absl::string_view content);

}  // namespace tally::client
