#include "client/terminal/table.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "client/calls/utf8.h"

namespace tally::client {

void Table::AddRow(std::vector<std::string> cells) {
  cells.resize(columns_.size());
  rows_.push_back(std::move(cells));
}

std::vector<int> Table::Widths() const {
  std::vector<int> widths(columns_.size(), 0);
  for (const std::vector<std::string>& row : rows_) {
    for (size_t i = 0; i < row.size(); ++i) {
      widths[i] = std::max(widths[i], CharacterCount(row[i]));
    }
  }
  return widths;
}

std::vector<std::string> Table::Lines() const {
  const std::vector<int> widths = Widths();
  std::vector<std::string> lines;
  for (const std::vector<std::string>& row : rows_) {
    std::string line;
    for (size_t i = 0; i < row.size(); ++i) {
      const std::string space(static_cast<size_t>(widths[i] - CharacterCount(row[i])), ' ');
      const bool right = columns_[i] == Align::kRight;
      absl::StrAppend(&line, i > 0 ? "  " : "", right ? space : "", row[i], right ? "" : space);
    }
    lines.emplace_back(absl::StripTrailingAsciiWhitespace(line));
  }
  return lines;
}

int Table::Width() const {
  int width = 0;
  for (const std::string& line : Lines()) width = std::max(width, CharacterCount(line));
  return width;
}

std::string Table::ToString() const {
  return rows_.empty() ? "" : absl::StrCat(absl::StrJoin(Lines(), "\n"), "\n");
}

}  // namespace tally::client
