#include "common/bus/nats_url.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/testkit/status_matchers.h"

namespace tally::bus {
namespace {

using testing::HasSubstr;
using testing::Not;
using testkit::StatusIs;

TEST(NatsUrlTest, TheAddressHoldsNoPassword) {
  ASSERT_OK_AND_ASSIGN(const NatsUrl url, ParseNatsUrl("nats://user:p@ss@host:4222"));
  EXPECT_EQ(url.address, "host:4222");
  EXPECT_EQ(url.text, "nats://user:p@ss@host:4222");
  EXPECT_FALSE(url.tls);
}

TEST(NatsUrlTest, TlsIsAskedForByTheScheme) {
  ASSERT_OK_AND_ASSIGN(const NatsUrl url, ParseNatsUrl("tls://[::1]:4222"));
  EXPECT_TRUE(url.tls);
}

TEST(NatsUrlTest, AnErrorDoesNotRepeatThePassword) {
  for (const char* text :
       {"", "host:4222", "http://user:secret@host:4222", "nats://user:secret@host",
        "nats://user:secret@host:0", "nats://user:secret@:4222", "nats://user:secret@host:http"}) {
    EXPECT_THAT(ParseNatsUrl(text),
                StatusIs(absl::StatusCode::kInvalidArgument, Not(HasSubstr("secret"))))
        << text;
  }
}

}  // namespace
}  // namespace tally::bus
