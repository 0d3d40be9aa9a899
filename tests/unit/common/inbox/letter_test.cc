#include "common/inbox/letter.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "absl/strings/ascii.h"

namespace tally::inbox {
namespace {

std::string AllBytes() {
  std::string bytes;
  for (int c = 0; c < 256; ++c) bytes.push_back(static_cast<char>(c));
  return bytes;
}

TEST(LetterTest, EscapedTextIsPrintableAndReadsBackWhateverTheBytes) {
  const std::string text = Escape(AllBytes());
  EXPECT_TRUE(std::all_of(text.begin(), text.end(), [](char c) {
    return absl::ascii_isprint(static_cast<unsigned char>(c));
  }));
  EXPECT_EQ(Unescape(text), AllBytes());
  EXPECT_EQ(Escape("orders.v1.created"), "orders.v1.created");
}

TEST(LetterTest, TextThatWasNeverEscapedReadsBackAsItStands) {
  EXPECT_EQ(Unescape("100% sure"), "100% sure");
  EXPECT_EQ(Unescape("%4"), "%4");
  EXPECT_EQ(Unescape("%"), "%");
}

TEST(LetterTest, HeadersReadBackInOrder) {
  bus::Headers headers;
  headers.Set("ce-type", "tally.events.v1.OrderCreated");
  headers.Set("empty", "");
  headers.Set("od:d", AllBytes());
  headers.Set("lines", "a:b\nc:d\r\n");
  const std::string text = EncodeHeaders(headers);
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 4);
  EXPECT_EQ(DecodeHeaders(text).entries(), headers.entries());
}

TEST(LetterTest, AHeaderThatStandsTwiceKeepsItsFirstValueFirst) {
  bus::Headers headers;
  headers.Add("ce-lane", "a");
  headers.Add("ce-lane", "b");
  EXPECT_EQ(DecodeHeaders(EncodeHeaders(headers)).entries(), headers.entries());
}

TEST(LetterTest, StatesHaveNames) {
  for (const LetterState state :
       {LetterState::kRetrying, LetterState::kDead, LetterState::kDiscarded}) {
    EXPECT_EQ(ParseLetterState(Name(state)).value(), state);
  }
  EXPECT_FALSE(ParseLetterState("lost").ok());
}

}  // namespace
}  // namespace tally::inbox
