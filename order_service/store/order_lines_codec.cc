#include "order_service/store/order_lines_codec.h"

#include <cstddef>

#include <google/protobuf/arena.h>

#include "common/base/status_macros.h"
#include "order_service/store/order_lines.pb.h"

namespace tally::orders {

std::string EncodeLines(absl::Span<const OrderLine> lines) {
  alignas(std::max_align_t) char block[2048];
  google::protobuf::Arena arena(block, sizeof(block));
  auto& message = *google::protobuf::Arena::CreateMessage<store::OrderLines>(&arena);
  for (const OrderLine& line : lines) {
    store::OrderLineRow& row = *message.add_lines();
    row.set_sku(line.sku);
    row.set_description(line.description);
    row.set_quantity(line.quantity);
    row.set_price_units(line.unit_price.units());
    row.set_price_nanos(line.unit_price.nanos());
  }
  return message.SerializeAsString();
}

absl::StatusOr<std::vector<OrderLine>> DecodeLines(const std::string& bytes,
                                                   const std::string& currency) {
  store::OrderLines message;
  if (!message.ParseFromString(bytes)) return absl::DataLossError("orders.lines cannot be decoded");
  std::vector<OrderLine> lines;
  lines.reserve(message.lines_size());
  for (store::OrderLineRow& row : *message.mutable_lines()) {
    ASSIGN_OR_RETURN(base::Money price,
                     base::Money::Create(currency, row.price_units(), row.price_nanos()));
    lines.push_back({std::move(*row.mutable_sku()), std::move(*row.mutable_description()),
                     row.quantity(), std::move(price)});
  }
  return lines;
}

}  // namespace tally::orders
