#include "client/calls/utf8.h"

#include "gtest/gtest.h"

namespace tally::client {
namespace {

TEST(IsUtf8Test, AcceptsEveryLengthOfCharacter) {
  EXPECT_TRUE(IsUtf8(""));
  EXPECT_TRUE(IsUtf8("a£€😀"));
  EXPECT_TRUE(IsUtf8("\xf4\x8f\xbf\xbf"));  // U+10FFFF
}

TEST(IsUtf8Test, RefusesWhatIsNoCharacter) {
  EXPECT_FALSE(
      IsUtf8("\xa3"
             "1"));                          // £ in Latin-1
  EXPECT_FALSE(IsUtf8("a\xe2\x82"));         // cut off
  EXPECT_FALSE(IsUtf8("\xc0\x80"));          // overlong
  EXPECT_FALSE(IsUtf8("\xe0\x80\x80"));      // overlong
  EXPECT_FALSE(IsUtf8("\xed\xa0\x80"));      // surrogate
  EXPECT_FALSE(IsUtf8("\xf4\x90\x80\x80"));  // beyond the last
  EXPECT_FALSE(IsUtf8("\xe2\x28\xa1"));      // no continuation
}

TEST(CharacterCountTest, CountsCharactersNotBytes) { EXPECT_EQ(CharacterCount("a£€😀"), 4); }

}  // namespace
}  // namespace tally::client
