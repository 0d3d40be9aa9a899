#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include <grpcpp/support/status.h>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "tally/orders/v1/order_service.pb.h"

namespace tally::chaos {

// What happened on one day of UTC, or in all.
struct DaySum {
  int64_t created = 0;
  int64_t cancelled = 0;
  std::map<std::string, int64_t> created_cents = {};  // by currency
  std::map<std::string, int64_t> cancelled_cents = {};

  bool operator==(const DaySum&) const = default;
};
using DaySums = std::map<std::string, DaySum>;  // by date, 2026-11-20; days with nothing are absent

// An order as order_service's database has it.
struct StoredOrder {
  std::string request_id;
  std::string order_id;
  std::string currency;
  int64_t cents = 0;
  absl::Time place_time;
  std::optional<absl::Time> cancel_time;
  int64_t events = 0;  // in the outbox, of its creation and its cancellation
};

// The half of the stick that clients keep: what they asked for and what they were told, and nothing
// else. Reads neither database. Thread-safe.
class Ledger {
 public:
  // Before each call and after it. The first answer of a request decides; whatever comes later must
  // agree with it.
  void Tried(const orders::v1::PlaceOrderRequest& request);
  void Answered(const std::string& request_id, const grpc::Status& status,
                const orders::v1::PlaceOrderResponse& response);
  void Tried(const std::string& placed_request_id,
             const orders::v1::CancelOrderRequest& cancellation);
  void Answered(const std::string& placed_request_id, const grpc::Status& status,
                const orders::v1::CancelOrderResponse& response);

  // One that is acknowledged, not cancelled, and of which no cancellation was tried; nothing if
  // there is none.
  std::optional<std::pair<std::string, std::string>> PickToCancel(std::mt19937_64& random) const;
  // One that is acknowledged, to be asked for again.
  std::optional<orders::v1::PlaceOrderRequest> PickToRepeat(std::mt19937_64& random) const;

  // What was tried and whose outcome is unknown.
  std::vector<orders::v1::PlaceOrderRequest> UnknownPlacements() const;
  std::vector<std::pair<std::string, orders::v1::CancelOrderRequest>> UnknownCancellations() const;

  // What must be counted, as far as answers tell.
  DaySums Sums() const;

  struct Counts {
    int64_t tried = 0;
    int64_t acknowledged = 0;
    int64_t refused = 0;
    int64_t unknown = 0;  // Now, cancellations included.
    int64_t cancelled = 0;
    int64_t settled = 0;   // Were unknown once, and are known now.
    int64_t repeated = 0;  // Asked for again after an acknowledgement.
  };
  Counts counts() const;

  // Answers that did not agree with each other or with what was asked; a line each.
  std::vector<std::string> contradictions() const;

  // How the store differs from what clients were told.
  struct Comparison {
    int64_t lost = 0;     // Acknowledged, and not there as acknowledged, or without its events.
    int64_t twice = 0;    // There more than once, or with more events than it should have.
    int64_t unasked = 0;  // There, and never tried, or refused.
    std::vector<std::string> differences;
  };
  Comparison CompareWith(const std::vector<StoredOrder>& stored) const;

 private:
  enum class Answer { kUnknown, kAcknowledged, kRefused };
  struct Entry {
    orders::v1::PlaceOrderRequest request;
    Answer answer = Answer::kUnknown;
    bool was_unknown = false;
    std::string order_id;
    std::string token;
    int64_t cents = 0;
    absl::Time place_time;
    std::optional<orders::v1::CancelOrderRequest> cancellation;
    Answer cancel_answer = Answer::kUnknown;
    absl::Time cancel_time;
  };

  const Entry* PickAcknowledged(std::mt19937_64& random) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Acknowledge(Entry& entry, const orders::v1::PlaceOrderResponse& response)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Contradict(const std::string& request_id, const std::string& what)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  mutable absl::Mutex mutex_;
  std::map<std::string, Entry> entries_ ABSL_GUARDED_BY(mutex_);  // by request_id
  std::vector<std::string> acknowledged_ ABSL_GUARDED_BY(mutex_);
  Counts counts_ ABSL_GUARDED_BY(mutex_);
  std::vector<std::string> contradictions_ ABSL_GUARDED_BY(mutex_);
};

// The order's day of UTC, 2026-11-20.
std::string DayOf(absl::Time time);

}  // namespace tally::chaos
