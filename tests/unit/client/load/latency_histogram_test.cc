#include "client/load/latency_histogram.h"

#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

#include "gtest/gtest.h"

namespace tally::client {
namespace {

TEST(LatencyHistogramTest, IsZeroWhenEmpty) {
  const LatencyHistogram histogram;
  EXPECT_EQ(histogram.count(), 0);
  EXPECT_EQ(histogram.Percentile(99), absl::ZeroDuration());
}

TEST(LatencyHistogramTest, IsNeverMoreThanTwoPercentAboveThePercentile) {
  std::mt19937_64 random(5);
  std::lognormal_distribution<double> micros(7, 3);
  std::vector<int64_t> values;
  LatencyHistogram histogram;
  for (int i = 0; i < 20'000; ++i) {
    values.push_back(static_cast<int64_t>(micros(random)));
    histogram.Add(absl::Microseconds(values.back()));
  }
  std::sort(values.begin(), values.end());
  for (const double percent : {0.1, 1.0, 50.0, 90.0, 99.0, 99.9, 100.0}) {
    const auto rank = static_cast<size_t>(std::ceil(20'000 * percent / 100));
    const auto exact = static_cast<double>(values[rank - 1]);
    const double given = absl::ToDoubleMicroseconds(histogram.Percentile(percent));
    EXPECT_GE(given, exact) << percent;
    EXPECT_LE(given, exact * 1.02 + 1) << percent;
  }
  EXPECT_EQ(histogram.max(), absl::Microseconds(values.back()));
}

TEST(LatencyHistogramTest, TakesTheLongestAndTheNegative) {
  LatencyHistogram histogram;
  histogram.Add(absl::Hours(1000));
  histogram.Add(-absl::Seconds(1));
  EXPECT_EQ(histogram.Percentile(100), absl::Hours(1000));
  EXPECT_LE(histogram.Percentile(50), absl::Microseconds(1));
}

TEST(LatencyHistogramTest, MergesToWhatOneWouldHold) {
  LatencyHistogram one;
  LatencyHistogram odd;
  LatencyHistogram even;
  for (int i = 1; i <= 1000; ++i) {
    one.Add(absl::Milliseconds(i));
    (i % 2 == 0 ? even : odd).Add(absl::Milliseconds(i));
  }
  odd.Merge(even);
  EXPECT_EQ(odd.count(), one.count());
  EXPECT_EQ(odd.max(), one.max());
  EXPECT_EQ(odd.Percentile(90), one.Percentile(90));
}

}  // namespace
}  // namespace tally::client
