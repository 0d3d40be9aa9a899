#include "client/retail/csv_reader.h"

#include <algorithm>
#include <utility>

#include "absl/strings/strip.h"

namespace tally::client {
namespace {

constexpr absl::string_view kByteOrderMark = "\xef\xbb\xbf";

}  // namespace

CsvReader::CsvReader(absl::string_view content)
    : content_(absl::StripPrefix(content, kByteOrderMark)) {}

std::optional<CsvRecord> CsvReader::Next() {
  while (!AtEnd() && TakeLineEnd()) continue;
  if (AtEnd()) return std::nullopt;
  const size_t start = position_;
  const int64_t first_line = line_;
  CsvRecord record{.line = first_line, .fields = {}, .problem = {}};
  while (true) {
    const bool quoted = !AtEnd() && content_[position_] == '"';
    record.fields.push_back(quoted ? TakeQuotedField(record.problem) : TakePlainField());
    if (!record.problem.empty()) break;
    if (AtEnd() || TakeLineEnd()) return record;
    ++position_;  // The comma.
  }
  record.fields.clear();
  line_ = first_line;
  SkipLine(start);
  return record;
}

bool CsvReader::TakeLineEnd() {
  const absl::string_view rest = content_.substr(position_, 2);
  const size_t length = rest == "\r\n" ? 2 : !rest.empty() && rest[0] == '\n' ? 1 : 0;
  position_ += length;
  if (length > 0) ++line_;
  return length > 0;
}

std::string CsvReader::TakePlainField() {
  const size_t start = position_;
  const size_t end = std::min(content_.find_first_of(",\n", start), content_.size());
  const bool crlf =
      end > start && end < content_.size() && content_[end] == '\n' && content_[end - 1] == '\r';
  position_ = crlf ? end - 1 : end;
  return std::string(content_.substr(start, position_ - start));
}

std::string CsvReader::TakeQuotedField(std::string& problem) {
  std::string field;
  for (++position_; !AtEnd(); ++position_) {
    const char c = content_[position_];
    if (c == '"') {
      if (content_.substr(position_ + 1, 1) != "\"") break;
      ++position_;
    }
    if (c == '\n') ++line_;
    field.push_back(c);
    if (field.size() > kFieldBytesMax) {
      problem = "a quoted field is longer than 64 KiB";
      return "";
    }
  }
  if (AtEnd()) {
    problem = "a quoted field is not closed";
    return "";
  }
  ++position_;
  const absl::string_view rest = content_.substr(position_, 2);
  if (!rest.empty() && rest[0] != ',' && rest[0] != '\n' && rest != "\r\n") {
    problem = "text follows the closing quote of a field";
  }
  return field;
}

void CsvReader::SkipLine(size_t from) {
  position_ = std::min(content_.find('\n', from), content_.size());
  TakeLineEnd();
}

}  // namespace tally::client
