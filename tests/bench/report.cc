#include "tests/bench/report.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "client/terminal/table.h"

namespace tally::bench {
namespace {

const Samples kNone;

template <typename Entries>
auto FindMeasure(Entries& entries, const std::string& name) {
  return std::find_if(entries.begin(), entries.end(),
                      [&](const auto& entry) { return entry.first == name; });
}

}  // namespace

void Report::Add(const std::string& name, const std::string& measure, double value) {
  auto found =
      std::find_if(cases_.begin(), cases_.end(), [&](const Case& c) { return c.name == name; });
  if (found == cases_.end()) found = cases_.insert(cases_.end(), {name, {}});
  auto samples = FindMeasure(found->measures, measure);
  if (samples == found->measures.end()) {
    samples = found->measures.insert(samples, {measure, {}});
  }
  samples->second.push_back(value);
}

const Samples& Report::Get(const std::string& name, const std::string& measure) const {
  for (const Case& c : cases_) {
    if (c.name != name) continue;
    const auto samples = FindMeasure(c.measures, measure);
    return samples == c.measures.end() ? kNone : samples->second;
  }
  return kNone;
}

double Report::Last(const std::string& name, const std::string& measure, double otherwise) const {
  const Samples& samples = Get(name, measure);
  return samples.empty() ? otherwise : samples.back();
}

std::string Report::Table(const std::string& title, const std::string& prefix,
                          const std::vector<Column>& columns) const {
  using enum client::Table::Align;
  std::vector<client::Table::Align> aligns(columns.size() + 1, kRight);
  aligns[0] = kLeft;
  client::Table table(aligns);
  std::vector<std::string> titles = {""};
  for (const Column& column : columns) titles.push_back(column.title);
  table.AddRow(std::move(titles));
  bool any = false;
  for (const Case& c : cases_) {
    if (!absl::StartsWith(c.name, prefix)) continue;
    std::vector<std::string> cells = {c.name.substr(prefix.size())};
    for (const Column& column : columns) {
      const Samples& samples = Get(c.name, column.measure);
      cells.push_back(cells.size() == 1 ? FormatSpread(samples) : Format(Median(samples)));
    }
    table.AddRow(std::move(cells));
    any = true;
  }
  return any ? absl::StrCat(title, "\n", table.ToString(), "\n") : "";
}

nlohmann::ordered_json Report::Json() const {
  nlohmann::ordered_json json = nlohmann::ordered_json::object();
  for (const Case& c : cases_) {
    for (const auto& [measure, samples] : c.measures) {
      json[c.name][measure] = {{"median", Median(samples)},
                               {"min", Smallest(samples)},
                               {"max", Largest(samples)},
                               {"samples", samples}};
    }
  }
  return json;
}

}  // namespace tally::bench
