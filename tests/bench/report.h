#pragma once

#include <string>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "tests/bench/samples.h"

namespace tally::bench {

// All that was measured: for each case ("rates/PostgreSQL/PlaceOrder/256") its measures, the unit
// last in their names ("p99_us"), each with a sample for every repetition. Cases and measures stand
// in the order in which they came first. Not thread-safe.
class Report {
 public:
  void Add(const std::string& name, const std::string& measure, double value);
  // Empty where nothing was measured.
  const Samples& Get(const std::string& name, const std::string& measure) const;
  // The last repetition's; `otherwise` where there is none.
  double Last(const std::string& name, const std::string& measure, double otherwise) const;

  struct Column {
    std::string title;
    std::string measure;
  };
  // A table under its title, of the cases whose names begin with `prefix`, which is left out:
  // medians, in the first column with their spread. Empty where there are no such cases.
  std::string Table(const std::string& title, const std::string& prefix,
                    const std::vector<Column>& columns) const;

  // {case: {measure: {"median", "min", "max", "samples"}}}
  nlohmann::ordered_json Json() const;

 private:
  struct Case {
    std::string name;
    std::vector<std::pair<std::string, Samples>> measures;
  };

  std::vector<Case> cases_;
};

// Where a case puts what it measured.
class Findings {
 public:
  Findings(Report& report, std::string name) : report_(report), name_(std::move(name)) {}
  void Add(const std::string& measure, double value) { report_.Add(name_, measure, value); }

 private:
  Report& report_;
  const std::string name_;
};

}  // namespace tally::bench
