#include "tests/chaos/ledger.h"

#include "absl/random/random.h"
#include "absl/strings/str_cat.h"
#include "client/calls/retry_policy.h"
#include "common/rpc/google_types.h"

namespace tally::chaos {
namespace {

constexpr int64_t kNanosPerCent = 10'000'000;

int64_t CentsOf(const google::type::Money& money) {
  return money.units() * 100 + money.nanos() / kNanosPerCent;
}

int64_t CentsOf(const orders::v1::PlaceOrderRequest& request) {
  int64_t cents = 0;
  for (const orders::v1::OrderLine& line : request.lines()) {
    cents += CentsOf(line.unit_price()) * line.quantity();
  }
  return cents;
}

}  // namespace

std::string DayOf(absl::Time time) {
  return absl::FormatTime("%Y-%m-%d", time, absl::UTCTimeZone());
}

void Ledger::Tried(const orders::v1::PlaceOrderRequest& request) {
  absl::MutexLock lock(&mutex_);
  const auto [entry, is_new] = entries_.try_emplace(request.request_id());
  if (!is_new) {
    if (entry->second.answer == Answer::kAcknowledged) ++counts_.repeated;
    return;
  }
  entry->second.request = request;
  entry->second.cents = CentsOf(request);
  ++counts_.tried;
  ++counts_.unknown;
}

void Ledger::Answered(const std::string& request_id, const grpc::Status& status,
                      const orders::v1::PlaceOrderResponse& response) {
  absl::MutexLock lock(&mutex_);
  Entry& entry = entries_.at(request_id);
  if (status.ok()) return Acknowledge(entry, response);
  if (client::MayBeRetried(status)) {
    entry.was_unknown = true;
    return;
  }
  if (status.error_code() != grpc::StatusCode::INVALID_ARGUMENT) {
    Contradict(request_id,
               absl::StrCat("refused: ", status.error_code(), " ", status.error_message()));
  }
  if (entry.answer == Answer::kAcknowledged) Contradict(request_id, "refused after it was placed");
  if (entry.answer != Answer::kUnknown) return;
  entry.answer = Answer::kRefused;
  ++counts_.refused;
  --counts_.unknown;
}

void Ledger::Acknowledge(Entry& entry, const orders::v1::PlaceOrderResponse& response) {
  const std::string& request_id = entry.request.request_id();
  const orders::v1::Order& order = response.order();
  if (entry.answer == Answer::kRefused)
    return Contradict(request_id, "placed after it was refused");
  if (entry.answer == Answer::kAcknowledged) {
    if (order.order_id() != entry.order_id) Contradict(request_id, "another order");
    if (response.consistency_token() != entry.token) Contradict(request_id, "another token");
    if (rpc::ToTime(order.place_time()) != entry.place_time) Contradict(request_id, "another time");
    return;
  }
  if (CentsOf(order.total()) != entry.cents || order.currency() != entry.request.currency()) {
    Contradict(request_id, absl::StrCat("another total: ", order.total().ShortDebugString()));
  }
  entry.answer = Answer::kAcknowledged;
  entry.order_id = order.order_id();
  entry.token = response.consistency_token();
  entry.place_time = rpc::ToTime(order.place_time());
  acknowledged_.push_back(request_id);
  ++counts_.acknowledged;
  --counts_.unknown;
  if (entry.was_unknown) ++counts_.settled;
}

void Ledger::Tried(const std::string& placed_request_id,
                   const orders::v1::CancelOrderRequest& cancellation) {
  absl::MutexLock lock(&mutex_);
  Entry& entry = entries_.at(placed_request_id);
  if (entry.cancellation.has_value()) return;
  entry.cancellation = cancellation;
  ++counts_.unknown;
}

void Ledger::Answered(const std::string& placed_request_id, const grpc::Status& status,
                      const orders::v1::CancelOrderResponse& response) {
  absl::MutexLock lock(&mutex_);
  Entry& entry = entries_.at(placed_request_id);
  if (!status.ok()) {
    if (!client::MayBeRetried(status)) {
      Contradict(placed_request_id,
                 absl::StrCat("not cancelled: ", status.error_code(), " ", status.error_message()));
    }
    return;
  }
  const orders::v1::Order& order = response.order();
  const absl::Time time = rpc::ToTime(order.history().rbegin()->time());
  if (order.state() != orders::v1::Order::STATE_CANCELLED || order.order_id() != entry.order_id) {
    return Contradict(placed_request_id, "another order was cancelled, or none");
  }
  if (entry.cancel_answer == Answer::kAcknowledged) {
    if (time != entry.cancel_time) Contradict(placed_request_id, "cancelled at another time");
    return;
  }
  entry.cancel_answer = Answer::kAcknowledged;
  entry.cancel_time = time;
  ++counts_.cancelled;
  --counts_.unknown;
}

const Ledger::Entry* Ledger::PickAcknowledged(std::mt19937_64& random) const {
  if (acknowledged_.empty()) return nullptr;
  return &entries_.at(acknowledged_[absl::Uniform<size_t>(random, 0, acknowledged_.size())]);
}

std::optional<std::pair<std::string, std::string>> Ledger::PickToCancel(
    std::mt19937_64& random) const {
  absl::MutexLock lock(&mutex_);
  const Entry* entry = PickAcknowledged(random);
  if (entry == nullptr || entry->cancellation.has_value()) return std::nullopt;
  return std::pair(entry->request.request_id(), entry->order_id);
}

std::optional<orders::v1::PlaceOrderRequest> Ledger::PickToRepeat(std::mt19937_64& random) const {
  absl::MutexLock lock(&mutex_);
  const Entry* entry = PickAcknowledged(random);
  if (entry == nullptr) return std::nullopt;
  return entry->request;
}

std::vector<orders::v1::PlaceOrderRequest> Ledger::UnknownPlacements() const {
  absl::MutexLock lock(&mutex_);
  std::vector<orders::v1::PlaceOrderRequest> unknown;
  for (const auto& [request_id, entry] : entries_) {
    if (entry.answer == Answer::kUnknown) unknown.push_back(entry.request);
  }
  return unknown;
}

std::vector<std::pair<std::string, orders::v1::CancelOrderRequest>> Ledger::UnknownCancellations()
    const {
  absl::MutexLock lock(&mutex_);
  std::vector<std::pair<std::string, orders::v1::CancelOrderRequest>> unknown;
  for (const auto& [request_id, entry] : entries_) {
    if (entry.cancellation.has_value() && entry.cancel_answer == Answer::kUnknown) {
      unknown.emplace_back(request_id, *entry.cancellation);
    }
  }
  return unknown;
}

DaySums Ledger::Sums() const {
  absl::MutexLock lock(&mutex_);
  DaySums days;
  for (const auto& [request_id, entry] : entries_) {
    if (entry.answer != Answer::kAcknowledged) continue;
    DaySum& placed = days[DayOf(entry.place_time)];
    ++placed.created;
    placed.created_cents[entry.request.currency()] += entry.cents;
    if (entry.cancel_answer != Answer::kAcknowledged) continue;
    DaySum& cancelled = days[DayOf(entry.cancel_time)];
    ++cancelled.cancelled;
    cancelled.cancelled_cents[entry.request.currency()] += entry.cents;
  }
  return days;
}

Ledger::Counts Ledger::counts() const {
  absl::MutexLock lock(&mutex_);
  return counts_;
}

std::vector<std::string> Ledger::contradictions() const {
  absl::MutexLock lock(&mutex_);
  return contradictions_;
}

void Ledger::Contradict(const std::string& request_id, const std::string& what) {
  contradictions_.push_back(absl::StrCat(request_id, ": ", what));
}

Ledger::Comparison Ledger::CompareWith(const std::vector<StoredOrder>& stored) const {
  absl::MutexLock lock(&mutex_);
  Comparison result;
  std::map<std::string, int> seen;
  for (const StoredOrder& order : stored) {
    const auto found = entries_.find(order.request_id);
    if (found == entries_.end() || found->second.answer != Answer::kAcknowledged) {
      ++result.unasked;
      result.differences.push_back(absl::StrCat(order.request_id, ": stored, never acknowledged"));
      continue;
    }
    if (++seen[order.request_id] > 1) {
      ++result.twice;
      result.differences.push_back(absl::StrCat(order.request_id, ": stored twice"));
      continue;
    }
    const Entry& entry = found->second;
    const bool cancelled = entry.cancel_answer == Answer::kAcknowledged;
    const bool same = order.order_id == entry.order_id && order.cents == entry.cents &&
                      order.currency == entry.request.currency() &&
                      order.place_time == entry.place_time &&
                      order.cancel_time.has_value() == cancelled &&
                      (!cancelled || *order.cancel_time == entry.cancel_time);
    const int64_t events = cancelled ? 2 : 1;
    if (!same || order.events < events) ++result.lost;
    if (order.events > events) ++result.twice;
    if (!same || order.events != events) {
      result.differences.push_back(absl::StrCat(order.request_id, ": stored otherwise, ",
                                                order.events, " events for ", events));
    }
  }
  for (const std::string& request_id : acknowledged_) {
    if (seen.contains(request_id)) continue;
    ++result.lost;
    result.differences.push_back(absl::StrCat(request_id, ": acknowledged, not stored"));
  }
  return result;
}

}  // namespace tally::chaos
