#pragma once

#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "tally/orders/v1/order_service.pb.h"

namespace tally::orders {

// The keys of a PlaceOrders stream's items that are not answered yet. Thread-safe.
class ItemKeys {
 public:
  // Takes the keys of all items of a request; or of none, with INVALID_ARGUMENT that names every
  // violated field, if there are too few or too many items or a key is wrong or taken.
  absl::Status Take(const v1::PlaceOrdersRequest& request);

  // The item was answered: its key is free again.
  void Release(const std::string& key);

 private:
  absl::Mutex mutex_;
  absl::flat_hash_set<std::string> keys_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace tally::orders
