#include "tests/testkit/free_port.h"

#include <set>

#include "gtest/gtest.h"
#include "tests/testkit/process.h"

namespace tally::testkit {
namespace {

constexpr char kListen[] =
    "import socket,sys; s=socket.socket(); "
    "s.setsockopt(socket.SOL_SOCKET,socket.SO_REUSEADDR,int(sys.argv[2]));"
    "s.bind(('127.0.0.1',int(sys.argv[1]))); s.listen(); print('ready', flush=True)";

int ListenElsewhere(int port, const char* reuse_address) {
  auto process = Process::Start(
      {.argv = {"/usr/bin/python3", "-c", kListen, std::to_string(port), reuse_address}});
  return process.value()->Wait(absl::Seconds(30)).value();
}

TEST(FreePortTest, IsUniqueAsLongAsItIsHeld) {
  const FreePort ports[50];
  std::set<int> distinct;
  for (const FreePort& port : ports) distinct.insert(port.port());
  EXPECT_EQ(distinct.size(), 50u);
}

TEST(FreePortTest, LetsAServerListenButNobodyElseBind) {
  const FreePort port;
  EXPECT_EQ(ListenElsewhere(port.port(), "1"), 0);
  EXPECT_NE(ListenElsewhere(port.port(), "0"), 0);
}

}  // namespace
}  // namespace tally::testkit
