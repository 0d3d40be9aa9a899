#include "client/retail/csv_reader.h"

#include <random>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace tally::client {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using Fields = std::vector<std::string>;

std::vector<CsvRecord> ReadAll(absl::string_view content) {
  CsvReader reader(content);
  std::vector<CsvRecord> records;
  while (std::optional<CsvRecord> record = reader.Next()) records.push_back(*std::move(record));
  return records;
}

std::vector<Fields> FieldsOf(absl::string_view content) {
  std::vector<Fields> fields;
  for (CsvRecord& record : ReadAll(content)) {
    EXPECT_EQ(record.problem, "");
    fields.push_back(std::move(record.fields));
  }
  return fields;
}

TEST(CsvReaderTest, ReadsLinesOfEitherEnding) {
  const std::vector<Fields> expected = {{"a", "b"}, {"c", "d"}};
  EXPECT_EQ(FieldsOf("a,b\nc,d\n"), expected);
  EXPECT_EQ(FieldsOf("a,b\r\nc,d\r\n"), expected);
  EXPECT_EQ(FieldsOf("a,b\nc,d"), expected);
}

TEST(CsvReaderTest, FindsNothingInAnEmptyFile) {
  EXPECT_TRUE(ReadAll("").empty());
  EXPECT_TRUE(ReadAll("\xef\xbb\xbf").empty());
  EXPECT_TRUE(ReadAll("\r\n\n").empty());
}

TEST(CsvReaderTest, SkipsTheByteOrderMarkAlsoBeforeAQuote) {
  EXPECT_THAT(FieldsOf("\xef\xbb\xbf\"a\",b\n"), ElementsAre(Fields{"a", "b"}));
}

TEST(CsvReaderTest, KeepsEmptyFields) {
  EXPECT_THAT(FieldsOf(",,\n\"\",\n"), ElementsAre(Fields{"", "", ""}, Fields{"", ""}));
}

TEST(CsvReaderTest, TakesCommasQuotesAndLineEndsInsideQuotes) {
  EXPECT_THAT(FieldsOf("\"a,b\",\"say \"\"hi\"\"\",\"two\r\nlines\"\r\nx,y,z\r\n"),
              ElementsAre(Fields{"a,b", "say \"hi\"", "two\r\nlines"}, Fields{"x", "y", "z"}));
}

TEST(CsvReaderTest, TakesAQuoteInsideAPlainFieldAsItStands) {
  EXPECT_THAT(FieldsOf("FRAME 7\" SQUARE,b\n"), ElementsAre(Fields{"FRAME 7\" SQUARE", "b"}));
}

TEST(CsvReaderTest, KeepsACarriageReturnThatEndsNoLine) {
  EXPECT_THAT(FieldsOf("a\rb,c\n"), ElementsAre(Fields{"a\rb", "c"}));
}

TEST(CsvReaderTest, CountsLinesOfTheFileNotRecords) {
  for (const char* content : {"h\n\n\"a\nb\"\nc\n", "h\r\n\r\n\"a\r\nb\"\r\nc\r\n"}) {
    const std::vector<CsvRecord> records = ReadAll(content);
    ASSERT_EQ(records.size(), 3u);
    EXPECT_EQ(records[0].line, 1);
    EXPECT_EQ(records[1].line, 3);
    EXPECT_EQ(records[2].line, 5);
  }
}

TEST(CsvReaderTest, LosesOneLineToAQuoteThatIsNotClosed) {
  const std::vector<CsvRecord> records = ReadAll("a,\"b\nc,d\ne,f\n");
  ASSERT_EQ(records.size(), 3u);
  EXPECT_THAT(records[0].problem, HasSubstr("not closed"));
  EXPECT_THAT(records[0].fields, ElementsAre());
  EXPECT_EQ(records[1].line, 2);
  EXPECT_THAT(records[1].fields, ElementsAre("c", "d"));
  EXPECT_THAT(records[2].fields, ElementsAre("e", "f"));
}

TEST(CsvReaderTest, LosesOneLineToTextAfterAClosingQuote) {
  const std::vector<CsvRecord> records = ReadAll("\"a\"b,c\nd,e\n");
  ASSERT_EQ(records.size(), 2u);
  EXPECT_THAT(records[0].problem, HasSubstr("follows the closing quote"));
  EXPECT_THAT(records[1].fields, ElementsAre("d", "e"));
}

TEST(CsvReaderTest, LosesOneLineToAQuotedFieldWithoutBounds) {
  const std::string content = absl::StrCat("\"", std::string(100'000, 'x'), "\n", "\"a\",b\n");
  const std::vector<CsvRecord> records = ReadAll(content);
  ASSERT_EQ(records.size(), 2u);
  EXPECT_THAT(records[0].problem, HasSubstr("64 KiB"));
  EXPECT_EQ(records[1].line, 2);
  EXPECT_THAT(records[1].fields, ElementsAre("a", "b"));
}

// Random fields, written as RFC 4180 has it, come back as they were.
TEST(CsvReaderTest, ReadsBackWhateverWasWritten) {
  std::mt19937 random(20101201);
  const auto pick = [&](int n) { return static_cast<int>(random() % static_cast<unsigned>(n)); };
  for (int round = 0; round < 2000; ++round) {
    std::vector<Fields> written(static_cast<size_t>(1 + pick(4)));
    std::string content;
    for (Fields& fields : written) {
      fields.resize(static_cast<size_t>(2 + pick(3)));
      for (size_t i = 0; i < fields.size(); ++i) {
        for (int n = pick(6); n > 0; --n) fields[i].push_back("ab,\"\r\n é"[pick(9)]);
        absl::StrAppend(&content, i > 0 ? "," : "", "\"",
                        absl::StrReplaceAll(fields[i], {{"\"", "\"\""}}), "\"");
      }
      content += pick(2) == 0 ? "\n" : "\r\n";
    }
    ASSERT_EQ(FieldsOf(content), written) << content;
  }
}

}  // namespace
}  // namespace tally::client
