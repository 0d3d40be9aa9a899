#pragma once

#include <string>
#include <vector>

namespace tally::bench {

// The same measure, once for each repetition.
using Samples = std::vector<double>;

// NaN without samples.
double Median(Samples samples);
double Smallest(const Samples& samples);
double Largest(const Samples& samples);

// What was measured in the same repetition, put together; as long as the shorter one.
Samples Quotients(const Samples& over, const Samples& under);
Samples Sums(const Samples& left, const Samples& right);
// 1 ÷ each.
Samples Reciprocals(const Samples& samples);

// Three digits that matter, thousands separated: "25,100", "1.34", "0.0071".
std::string Format(double value);
// "25,100 (24,300..26,000)"; only the value where there is one sample.
std::string FormatSpread(const Samples& samples);

}  // namespace tally::bench
