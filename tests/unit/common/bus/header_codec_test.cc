#include "common/bus/header_codec.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tally::bus {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

TEST(HeaderCodecTest, LinesKeepTheirOrder) {
  Headers headers;
  headers.Set("b", "2");
  headers.Set("a", "1");
  headers.Set("b", "3");
  EXPECT_EQ(EncodeHeaderLines(headers), "b: 3\r\na: 1\r\n");
}

TEST(HeaderCodecTest, AValueCannotAddALineNorEndTheText) {
  Headers headers;
  headers.Set("a", "x\r\nNats-Msg-Id: stolen");
  headers.Set("b", std::string("y\0z", 3));
  EXPECT_EQ(EncodeHeaderLines(headers), "a: x  Nats-Msg-Id: stolen\r\nb: y z\r\n");
}

TEST(HeaderCodecTest, ReadsWhatOthersWrite) {
  EXPECT_THAT(
      ParseHeaderBlock("NATS/1.0\r\nce-id:x/1\r\nce-type:  t  \r\nempty:\r\na: b:c\r\n\r\n")
          .entries(),
      ElementsAre(Pair("ce-id", "x/1"), Pair("ce-type", "t"), Pair("empty", ""), Pair("a", "b:c")));
}

TEST(HeaderCodecTest, LeavesOutWhatIsNotAHeader) {
  EXPECT_THAT(ParseHeaderBlock("").entries(), IsEmpty());
  EXPECT_THAT(ParseHeaderBlock("NATS/1.0 503\r\n\r\n").entries(), IsEmpty());
  EXPECT_THAT(ParseHeaderBlock("NATS/1.0\r\n:no name\r\nno colon\r\na: 1\r\ncut: off").entries(),
              ElementsAre(Pair("a", "1")));
}

TEST(HeaderCodecTest, TheFirstOfEqualNamesCounts) {
  EXPECT_EQ(ParseHeaderBlock("NATS/1.0\r\na: 1\r\na: 2\r\n\r\n").Get("a"), "1");
}

}  // namespace
}  // namespace tally::bus
