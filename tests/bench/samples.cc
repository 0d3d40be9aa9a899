#include "tests/bench/samples.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace tally::bench {
namespace {

constexpr double kNothing = std::numeric_limits<double>::quiet_NaN();

template <typename Combine>
Samples Pairwise(const Samples& left, const Samples& right, Combine combine) {
  Samples result;
  for (size_t i = 0; i < std::min(left.size(), right.size()); ++i) {
    result.push_back(combine(left[i], right[i]));
  }
  return result;
}

}  // namespace

double Median(Samples samples) {
  if (samples.empty()) return kNothing;
  std::sort(samples.begin(), samples.end());
  const size_t middle = samples.size() / 2;
  return samples.size() % 2 == 1 ? samples[middle] : (samples[middle - 1] + samples[middle]) / 2;
}

double Smallest(const Samples& samples) {
  return samples.empty() ? kNothing : *std::min_element(samples.begin(), samples.end());
}

double Largest(const Samples& samples) {
  return samples.empty() ? kNothing : *std::max_element(samples.begin(), samples.end());
}

Samples Quotients(const Samples& over, const Samples& under) {
  return Pairwise(over, under, [](double a, double b) { return a / b; });
}

Samples Sums(const Samples& left, const Samples& right) {
  return Pairwise(left, right, [](double a, double b) { return a + b; });
}

Samples Reciprocals(const Samples& samples) {
  return Quotients(Samples(samples.size(), 1), samples);
}

std::string Format(double value) {
  if (std::isnan(value)) return "";
  if (std::abs(value) < 100) return absl::StrFormat("%.3g", value);
  std::string digits = absl::StrFormat("%.0f", value);
  for (size_t group = 3; group < digits.size(); group += 4)
    digits.insert(digits.size() - group, 1, ',');
  return digits;
}

std::string FormatSpread(const Samples& samples) {
  if (samples.size() < 2) return Format(Median(samples));
  return absl::StrCat(Format(Median(samples)), " (", Format(Smallest(samples)), "..",
                      Format(Largest(samples)), ")");
}

}  // namespace tally::bench
