#pragma once

#include <string>
#include <vector>

namespace tally::client {

// Columns of text, each as wide as its widest cell, two spaces between them. Not thread-safe.
class Table {
 public:
  enum class Align { kLeft, kRight };

  // The columns with their alignment.
  explicit Table(std::vector<Align> columns) : columns_(std::move(columns)) {}

  // One cell for each column; cells left out are empty.
  void AddRow(std::vector<std::string> cells);

  // The lines, without trailing spaces and line ends.
  std::vector<std::string> Lines() const;

  // The widest line, in characters.
  int Width() const;

  std::string ToString() const;

 private:
  std::vector<int> Widths() const;

  std::vector<Align> columns_;
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace tally::client
