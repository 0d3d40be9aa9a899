#include "client/terminal/order_view.h"

#include <vector>

#include "absl/strings/str_cat.h"
#include "client/calls/messages.h"
#include "client/terminal/table.h"

namespace tally::client {
namespace {

using Align = Table::Align;

std::string ChangeName(orders::v1::OrderChange::Kind kind) {
  switch (kind) {
    case orders::v1::OrderChange::KIND_PLACED:
      return "placed";
    case orders::v1::OrderChange::KIND_CANCELLED:
      return "cancelled";
    default:
      return "changed";
  }
}

std::string TableOfLines(const orders::v1::Order& order) {
  Table table({Align::kRight, Align::kLeft, Align::kRight, Align::kLeft});
  for (const orders::v1::OrderLine& line : order.lines()) {
    table.AddRow({absl::StrCat("  ", line.quantity(), " x"), line.sku(),
                  FormatAmount(line.unit_price()), line.description()});
  }
  return table.ToString();
}

}  // namespace

std::string DescribeOrder(const orders::v1::Order& order) {
  Table facts({Align::kLeft, Align::kLeft});
  facts.AddRow({"order", order.order_id()});
  facts.AddRow({"customer", order.customer()});
  facts.AddRow({"state", StateName(order.state())});
  facts.AddRow({"total", absl::StrCat(FormatAmount(order.total()), " ", order.currency())});
  facts.AddRow({"placed", FormatTimestamp(order.place_time())});
  facts.AddRow({"created", FormatTimestamp(order.create_time())});
  if (!order.cancel_reason().empty()) facts.AddRow({"reason", order.cancel_reason()});
  for (const orders::v1::OrderChange& change : order.history()) {
    facts.AddRow({absl::StrCat("version ", change.version()),
                  absl::StrCat(ChangeName(change.kind()), " ", FormatTimestamp(change.time()),
                               ", event ", change.lane_id(), "/", change.sequence())});
  }
  return absl::StrCat(facts.ToString(), TableOfLines(order));
}

std::string TableOfOrders(const std::vector<orders::v1::Order>& orders) {
  Table table({Align::kLeft, Align::kLeft, Align::kLeft, Align::kRight, Align::kRight, Align::kLeft,
               Align::kLeft});
  table.AddRow({"order", "placed", "state", "lines", "total", "", "customer"});
  for (const orders::v1::Order& order : orders) {
    table.AddRow({order.order_id(), FormatTimestamp(order.place_time()), StateName(order.state()),
                  absl::StrCat(order.lines_size()), FormatAmount(order.total()), order.currency(),
                  order.customer()});
  }
  return table.ToString();
}

}  // namespace tally::client
