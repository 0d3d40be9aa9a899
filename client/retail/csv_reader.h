#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace tally::client {

// One record of a CSV file.
struct CsvRecord {
  int64_t line = 0;                 // where it begins; the first line of the file is 1
  std::vector<std::string> fields;  // unquoted, as they stand
  std::string problem;              // not empty: it is no CSV record, and has no fields
};

// Reads CSV as RFC 4180 has it: fields in double quotes may hold commas, line ends and quotes
// written twice; lines end with LF or CRLF; a byte order mark at the beginning and empty lines are
// skipped. A quote inside a field that does not begin with one is an ordinary character.
//
// A quoted field that is never closed, is longer than 64 KiB, or goes on after its closing quote
// spoils one line, not the file: reading goes on at the next line end. Not thread-safe.
class CsvReader {
 public:
  static constexpr size_t kFieldBytesMax = 64 << 10;

  // `content` is the whole file and must outlive the reader.
  explicit CsvReader(absl::string_view content);

  // The next record, or nullopt at the end.
  std::optional<CsvRecord> Next();

 private:
  bool AtEnd() const { return position_ >= content_.size(); }
  bool TakeLineEnd();
  std::string TakePlainField();
  std::string TakeQuotedField(std::string& problem);
  void SkipLine(size_t from);

  const absl::string_view content_;
  size_t position_ = 0;
  int64_t line_ = 1;  // of position_
};

}  // namespace tally::client
