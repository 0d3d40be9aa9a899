#include "tests/testkit/nats_publish_ack.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace tally::testkit {
namespace {

constexpr char kDelivery[] = "MSG orders.v1.created 2 $JS.ACK.x 4\r\nbody\r\n";
constexpr char kOtherAnswer[] = "MSG _INBOX.abc.6 1 12\r\n{\"type\":\"io\"}\r\n";
constexpr char kAck[] = "MSG _INBOX.abc.7 1 27\r\n{\"stream\":\"ORDERS\",\"seq\":9}\r\n";

TEST(FindPublishAckTest, FindsTheFirstOneWhole) {
  const std::string before = absl::StrCat("PING\r\n", kDelivery, kOtherAnswer);
  const MessagePlace place = FindPublishAck(absl::StrCat(before, kAck, kAck));
  EXPECT_EQ(place.begin, before.size());
  EXPECT_EQ(place.bytes, std::string(kAck).size());
}

TEST(FindPublishAckTest, LeavesAllElse) {
  EXPECT_FALSE(FindPublishAck("").begin.has_value());
  EXPECT_FALSE(FindPublishAck(kDelivery).begin.has_value());
  EXPECT_FALSE(FindPublishAck(kOtherAnswer).begin.has_value());
}

TEST(FindPublishAckTest, LeavesOneThatHasNotComeWhole) {
  const std::string ack = kAck;
  for (size_t bytes = 0; bytes < ack.size(); ++bytes) {
    EXPECT_FALSE(FindPublishAck(ack.substr(0, bytes)).begin.has_value()) << bytes;
  }
}

}  // namespace
}  // namespace tally::testkit
