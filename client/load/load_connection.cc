#include "client/load/load_connection.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "client/calls/channel.h"
#include "client/calls/stream_window.h"
#include "client/calls/unary_window.h"
#include "common/base/monotonic.h"

namespace tally::client {
namespace {

constexpr absl::Duration kWaitMax = absl::Milliseconds(100);

// The connections share the places; the first ones get one more where they do not divide.
int Share(int concurrency, int connections, int connection) {
  return concurrency / connections + (connection < concurrency % connections ? 1 : 0);
}

OrderGenerator::Options WithOwnSeed(OrderGenerator::Options options, int connection) {
  options.seed += static_cast<uint64_t>(connection) << 32;
  return options;
}

std::unique_ptr<PlacementWindow> OpenWindow(const LoadPlan& plan, int orders_max,
                                            PlacementWindow::OnDone on_done) {
  const PlacementWindow::Options options{.orders_max = orders_max, .deadline = plan.deadline};
  if (!plan.bulk) {
    return std::make_unique<UnaryWindow>(OpenChannel(plan.server), options, std::move(on_done));
  }
  return std::make_unique<StreamWindow>(OpenChannel(plan.server), options, plan.message_orders_max,
                                        std::move(on_done));
}

}  // namespace

LoadConnection::LoadConnection(const LoadPlan& plan, int connection, const std::string& run,
                               absl::Duration start)
    : plan_(plan),
      schedule_(plan, connection),
      request_id_prefix_(absl::StrCat(run, "/", connection, "/")),
      start_(start),
      generator_(WithOwnSeed(plan.orders, connection)),
      window_(OpenWindow(plan, Share(plan.concurrency, plan.connections, connection),
                         [this](const PlacementWindow::Outcome& outcome) { Take(outcome); })),
      thread_([this] { Run(); }) {}

LoadConnection::~LoadConnection() {
  Stop();
  thread_.join();
}

void LoadConnection::Run() {
  while (true) {
    SendDue();
    const absl::Duration wait = UntilNext();
    if (wait == absl::InfiniteDuration() && window_->size() == 0) break;
    window_->Advance(std::min(wait, kWaitMax));
  }
  result_.repeated = window_->retried();
  finished_ = true;
}

// How long until there is something to send; infinite where nothing is.
absl::Duration LoadConnection::UntilNext() const {
  const absl::Duration elapsed = base::MonotonicNow() - start_;
  if (stopping_ || !schedule_.Includes(next_, elapsed)) return absl::InfiniteDuration();
  return window_->full() ? kWaitMax : schedule_.DueAt(next_) - elapsed;
}

// One message of orders at most: sending all that is due before looking at answers would leave
// these unread as long as more is due, and they are late only when they are read.
void LoadConnection::SendDue() {
  const int orders_max = plan_.bulk ? plan_.message_orders_max : 1;
  for (int i = 0; i < orders_max && !window_->full(); ++i) {
    const absl::Duration now = base::MonotonicNow();
    const absl::Duration elapsed = now - start_;
    if (stopping_ || !schedule_.Includes(next_, elapsed)) return;
    if (schedule_.DueAt(next_) > elapsed) return;
    const absl::Duration due = plan_.rate > 0 ? start_ + schedule_.DueAt(next_) : now;
    generator_.Fill(request_);
    absl::StrAppend(request_.mutable_request_id(), request_id_prefix_, next_++);
    window_->Place(static_cast<uint64_t>(absl::ToInt64Nanoseconds(due)), std::move(request_));
    sent_.fetch_add(1, std::memory_order_relaxed);
  }
}

void LoadConnection::Take(const PlacementWindow::Outcome& outcome) {
  const absl::Duration now = base::MonotonicNow();
  result_.time_taken = now - start_;
  if (outcome.status.ok()) {
    result_.latency.Add(now - absl::Nanoseconds(outcome.key));
    placed_.fetch_add(1, std::memory_order_relaxed);
  } else {
    ++result_.failed[outcome.status.error_code()];
    failed_.fetch_add(1, std::memory_order_relaxed);
  }
}

}  // namespace tally::client
