#include "tests/chaos/load.h"

#include "absl/strings/str_cat.h"

namespace tally::chaos {
namespace {

constexpr int kBulkOrders = 20;

}  // namespace

Load::Load(const Options& options, Ledger& ledger) : options_(options), ledger_(ledger) {
  for (int i = 0; i < options_.buyers; ++i) threads_.emplace_back([this, i] { Run(i); });
}

Load::~Load() {
  {
    absl::MutexLock lock(&mutex_);
    stopping_ = true;
  }
  for (std::thread& thread : threads_) thread.join();
}

void Load::Pause() {
  absl::MutexLock lock(&mutex_);
  paused_ = true;
  const auto all_wait = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return buying_ == 0; };
  mutex_.Await(absl::Condition(&all_wait));
}

void Load::Resume() {
  absl::MutexLock lock(&mutex_);
  paused_ = false;
}

void Load::Run(int number) {
  Buyer buyer({.services = options_.services,
               .name = absl::StrCat("chaos/", number),
               .seed = options_.seed + static_cast<uint64_t>(number)},
              ledger_);
  const bool in_bulk = number == 0;
  const double purchases_per_second =
      options_.orders_per_second / options_.buyers / (in_bulk ? kBulkOrders : 1);
  while (Begin()) {
    if (in_bulk) {
      buyer.BuyInBulk(kBulkOrders);
    } else {
      buyer.BuySomething();
    }
    End(absl::Seconds(1 / purchases_per_second));
  }
}

// Waits until it may; false: never again.
bool Load::Begin() {
  absl::MutexLock lock(&mutex_);
  const auto may = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return stopping_ || !paused_; };
  mutex_.Await(absl::Condition(&may));
  if (stopping_ || ledger_.counts().tried >= options_.orders_max) return false;
  ++buying_;
  return true;
}

void Load::End(absl::Duration pause) {
  absl::MutexLock lock(&mutex_);
  --buying_;
  mutex_.AwaitWithTimeout(absl::Condition(&stopping_), pause);
}

}  // namespace tally::chaos
