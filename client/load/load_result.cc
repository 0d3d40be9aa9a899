#include "client/load/load_result.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "common/rpc/error_details.h"

namespace tally::client {
namespace {

constexpr struct {
  const char* name;
  double percent;
} kPercentiles[] = {{"p50", 50}, {"p90", 90}, {"p99", 99}, {"p99.9", 99.9}};

void AddUp(std::map<grpc::StatusCode, int64_t>& counts,
           const std::map<grpc::StatusCode, int64_t>& more) {
  for (const auto& [code, count] : more) counts[code] += count;
}

std::string Counts(const std::map<grpc::StatusCode, int64_t>& counts) {
  std::string text;
  for (const auto& [code, count] : counts) {
    absl::StrAppend(&text, text.empty() ? "" : ", ", count, " ", rpc::CodeName(code));
  }
  return text.empty() ? "none" : text;
}

nlohmann::ordered_json CountsJson(const std::map<grpc::StatusCode, int64_t>& counts) {
  nlohmann::ordered_json json = nlohmann::ordered_json::object();
  for (const auto& [code, count] : counts) json[rpc::CodeName(code)] = count;
  return json;
}

std::string Milliseconds(absl::Duration duration) {
  return absl::StrFormat("%.2f ms", absl::ToDoubleMilliseconds(duration));
}

}  // namespace

void LoadResult::Merge(const LoadResult& other) {
  time_taken = std::max(time_taken, other.time_taken);
  latency.Merge(other.latency);
  AddUp(failed, other.failed);
  AddUp(repeated, other.repeated);
}

double LoadResult::OrdersPerSecond() const {
  const double seconds = absl::ToDoubleSeconds(time_taken);
  return seconds > 0 ? static_cast<double>(placed()) / seconds : 0;
}

std::string LoadResult::ToString() const {
  std::string text =
      absl::StrFormat("placed    %d orders in %.1f s: %.0f per second\nlatency ", placed(),
                      absl::ToDoubleSeconds(time_taken), OrdersPerSecond());
  for (const auto& [name, percent] : kPercentiles) {
    absl::StrAppend(&text, "  ", name, " ", Milliseconds(latency.Percentile(percent)));
  }
  absl::StrAppend(&text, "  max ", Milliseconds(latency.max()), "\nfailed    ", Counts(failed),
                  "\nrepeated  ", Counts(repeated), "\n");
  return text;
}

std::string LoadResult::Json() const {
  nlohmann::ordered_json latencies;
  for (const auto& [name, percent] : kPercentiles) {
    latencies[name] = absl::ToInt64Microseconds(latency.Percentile(percent));
  }
  latencies["max"] = absl::ToInt64Microseconds(latency.max());
  return nlohmann::ordered_json{{"placed", placed()},
                                {"seconds", absl::ToDoubleSeconds(time_taken)},
                                {"orders_per_second", OrdersPerSecond()},
                                {"latency_us", latencies},
                                {"failed", CountsJson(failed)},
                                {"repeated", CountsJson(repeated)}}
      .dump();
}

}  // namespace tally::client
