#include "client/terminal/table.h"

#include "gtest/gtest.h"

namespace tally::client {
namespace {

using Align = Table::Align;

TEST(TableTest, AlignsColumnsByCharacters) {
  Table table({Align::kLeft, Align::kRight, Align::kLeft});
  table.AddRow({"café", "1", "x"});
  table.AddRow({"tea", "100", ""});
  table.AddRow({"a"});
  EXPECT_EQ(table.ToString(),
            "café    1  x\n"
            "tea   100\n"
            "a\n");
  EXPECT_EQ(table.Width(), 12);
}

TEST(TableTest, IsEmptyWithoutRows) {
  const Table table({Align::kLeft});
  EXPECT_EQ(table.ToString(), "");
  EXPECT_EQ(table.Width(), 0);
}

}  // namespace
}  // namespace tally::client
