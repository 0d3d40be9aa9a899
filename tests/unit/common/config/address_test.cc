#include <string>

#include "common/config/database_url.h"
#include "common/config/host_port.h"
#include "common/config/nats_urls.h"
#include "gtest/gtest.h"

namespace tally::config {
namespace {

TEST(HostPort, ParsesNamesAndAddresses) {
  EXPECT_EQ(*HostPort::Parse("localhost:7070"), (HostPort{"localhost", 7070}));
  EXPECT_EQ(*HostPort::Parse("0.0.0.0:0"), (HostPort{"0.0.0.0", 0}));
  EXPECT_EQ(*HostPort::Parse("[::1]:65535"), (HostPort{"::1", 65535}));
}

TEST(HostPort, WritesWhatItParses) {
  for (const char* text : {"localhost:7070", "127.0.0.1:0", "[::1]:7070"}) {
    EXPECT_EQ(HostPort::Parse(text)->ToString(), text);
  }
}

TEST(HostPort, RefusesWhatIsNoAddress) {
  for (const char* text : {"", "localhost", ":7070", "host:", "host:65536", "host:-1", "host:+1",
                           "host: 1", "::1:70", "[::1]", "[]:70", "a b:70", "http://host:70",
                           "user@host:70", "host:99999999999", "[[::1]]:70", "[a]b]:70"}) {
    EXPECT_FALSE(HostPort::Parse(text).ok()) << text;
  }
}

TEST(DatabaseUrl, TakesBothDatabasesOnly) {
  DatabaseUrl value;
  std::string error;
  for (const char* text : {"sqlite:orders.db", "sqlite:/var/lib/a.db", "postgresql://u:p@h:5432/d",
                           "postgres://h/d"}) {
    EXPECT_TRUE(AbslParseFlag(text, &value, &error)) << text;
    EXPECT_EQ(value.url, text);
  }
  for (const char* text : {"", "sqlite:", "orders.db", "mysql://h/d"}) {
    EXPECT_FALSE(AbslParseFlag(text, &value, &error)) << text;
  }
}

TEST(NatsUrls, SplitsAList) {
  NatsUrls value;
  std::string error;
  ASSERT_TRUE(
      AbslParseFlag("nats://a:4222, tls://user:p%40ss@b:4223,nats://[::1]:1", &value, &error))
      << error;
  EXPECT_EQ(value.urls, (std::vector<std::string>{"nats://a:4222", "tls://user:p%40ss@b:4223",
                                                  "nats://[::1]:1"}));
}

TEST(NatsUrls, RefusesWhatIsNoServer) {
  NatsUrls value;
  std::string error;
  for (const char* text :
       {"", "a:4222", "nats://a", "nats://a:0", "nats://a:4222,", "http://a:4222"}) {
    EXPECT_FALSE(AbslParseFlag(text, &value, &error)) << text;
  }
}

}  // namespace
}  // namespace tally::config
