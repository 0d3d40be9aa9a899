#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <thread>

#include "absl/time/time.h"
#include "client/calls/placement_window.h"
#include "client/load/load_plan.h"
#include "client/load/load_result.h"
#include "client/load/schedule.h"

namespace tally::client {

// One connection of a load run with its thread: makes orders, sends them by its schedule, measures
// the answers. Connections share nothing. Latency counts from the time an order was due, so orders
// that could not be sent in time because the service was slow do not look fast.
class LoadConnection {
 public:
  // Begins at `start` (monotonic). Every request_id is `run`/`connection`/number.
  LoadConnection(const LoadPlan& plan, int connection, const std::string& run,
                 absl::Duration start);
  ~LoadConnection();  // Stops and waits.

  LoadConnection(const LoadConnection&) = delete;
  LoadConnection& operator=(const LoadConnection&) = delete;

  // No new orders; those under way are finished. Thread-safe.
  void Stop() { stopping_ = true; }

  // Whether all is done. Thread-safe.
  bool finished() const { return finished_; }
  int64_t sent() const { return sent_; }
  int64_t placed() const { return placed_; }
  int64_t failed() const { return failed_; }

  // Once finished.
  const LoadResult& result() const { return result_; }

 private:
  void Run();
  void SendDue();
  absl::Duration UntilNext() const;
  void Take(const PlacementWindow::Outcome& outcome);

  const LoadPlan plan_;
  const Schedule schedule_;
  const std::string request_id_prefix_;
  const absl::Duration start_;
  OrderGenerator generator_;
  const std::unique_ptr<PlacementWindow> window_;
  orders::v1::PlaceOrderRequest request_;
  int64_t next_ = 0;  // the schedule's number of the next order
  LoadResult result_;
  std::atomic<bool> stopping_ = false;
  std::atomic<bool> finished_ = false;
  std::atomic<int64_t> sent_ = 0;
  std::atomic<int64_t> placed_ = 0;
  std::atomic<int64_t> failed_ = 0;
  std::thread thread_;
};

}  // namespace tally::client
