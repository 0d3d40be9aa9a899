#pragma once

#include <cstdint>
#include <map>
#include <string>

#include <grpcpp/support/status_code_enum.h>

#include "absl/time/time.h"
#include "client/load/latency_histogram.h"

namespace tally::client {

// What came of a load run, or of one connection's part of it.
struct LoadResult {
  absl::Duration time_taken;                     // from the first order to the last answer
  LatencyHistogram latency;                      // of the orders placed, attempts included
  std::map<grpc::StatusCode, int64_t> failed;    // orders
  std::map<grpc::StatusCode, int64_t> repeated;  // attempts that failed and were made again

  void Merge(const LoadResult& other);

  int64_t placed() const { return latency.count(); }
  double OrdersPerSecond() const;

  std::string ToString() const;  // for people
  std::string Json() const;      // one JSON object; latencies in microseconds
};

}  // namespace tally::client
