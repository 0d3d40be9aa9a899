#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "absl/random/zipf_distribution.h"
#include "google/type/money.pb.h"
#include "tally/orders/v1/order_service.pb.h"

namespace tally::client {

// Makes orders that look real: few lines, small quantities, a catalogue of 480 articles and a
// number of customers, some of each far more often than others. The same seed makes the same
// orders. Not thread-safe.
class OrderGenerator {
 public:
  struct Options {
    uint64_t seed = 1;
    int customers = 1000;  // at least 1
    int lines = 0;         // of each order; 0: 1 to 5
  };

  explicit OrderGenerator(const Options& options);

  // Fills all of a request but its request_id, and keeps the memory it has.
  void Fill(orders::v1::PlaceOrderRequest& request);

 private:
  struct Article {
    std::string sku;
    std::string description;
    google::type::Money price;
  };

  static std::vector<Article> MakeCatalogue();

  const Options options_;
  const std::vector<Article> catalogue_;
  absl::zipf_distribution<int> customer_;  // from 0
  absl::zipf_distribution<int> article_;   // place in the catalogue
  std::mt19937_64 random_;
};

}  // namespace tally::client
