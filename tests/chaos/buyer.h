#pragma once

#include <cstdint>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "client/load/order_generator.h"
#include "common/config/host_port.h"
#include "tally/orders/v1/order_service.grpc.pb.h"
#include "tests/chaos/ledger.h"

namespace tally::chaos {

// One client of all order_services, which tells the ledger what it asks for and what it is told.
// Every call blocks, for `patience` at most. Not thread-safe.
class Buyer {
 public:
  struct Options {
    std::vector<config::HostPort> services;
    std::string name;  // Of its request_ids; unique among all buyers.
    uint64_t seed = 0;
    absl::Duration patience = absl::Seconds(3);
  };

  Buyer(const Options& options, Ledger& ledger);

  // Most often places an order; sometimes cancels one, asks again for one, or asks for what must be
  // refused. What is unknown then it asks for again at once, or leaves it.
  void BuySomething();
  // Places so many on a stream of their own.
  void BuyInBulk(int orders);

  // Asks once for everything that is unknown, its own or not. Gives up when nobody answers.
  void Settle();

 private:
  orders::v1::PlaceOrderRequest NewOrder();
  bool Place(const orders::v1::PlaceOrderRequest& request);
  bool Cancel(const std::string& placed_request_id, const orders::v1::CancelOrderRequest& request);
  void CancelSomething();
  orders::v1::OrderService::Stub& AnyService();
  bool OneIn(int chances);

  const Options options_;
  Ledger& ledger_;
  std::vector<std::unique_ptr<orders::v1::OrderService::Stub>> services_;
  std::mt19937_64 random_;
  client::OrderGenerator generator_;
  int64_t made_ = 0;
};

}  // namespace tally::chaos
