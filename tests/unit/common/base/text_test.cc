#include "common/base/text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tally::base {
namespace {

using testing::HasSubstr;

TEST(TextProblem, CountsCodePointsNotBytes) {
  EXPECT_EQ(TextProblem("€€€", 3, 3), std::nullopt);
  EXPECT_THAT(TextProblem("€€€€", 1, 3), ::testing::Optional(HasSubstr("1 to 3")));
}

TEST(TextProblem, RefusesControlCharactersAndBrokenUtf8) {
  for (const std::string& text :
       {std::string("a\0b", 3), std::string("\n"), std::string("\x7f"), std::string("\xc2\x85"),
        std::string("\xff"), std::string("\xc0\xaf"), std::string("\xe2\x82"), std::string("\xc3("),
        std::string("\xe0\x9f\xbf"), std::string("\xf0\x8f\xbf\xbf"), std::string("\xed\xa0\x80"),
        std::string("\xf4\x90\x80\x80")}) {
    EXPECT_THAT(TextProblem(text, 0, 10), ::testing::Optional(HasSubstr("UTF-8")))
        << testing::PrintToString(text);
  }
  EXPECT_EQ(TextProblem("\xf0\x9f\x8e\x81", 1, 1), std::nullopt);
}

}  // namespace
}  // namespace tally::base
