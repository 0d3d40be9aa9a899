#include "common/telemetry/http_server.h"

#include <httplib.h>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace tally::telemetry {
namespace {

using testing::HasSubstr;

class HttpServerTest : public testing::Test {
 protected:
  httplib::Result Get(const char* path) {
    return httplib::Client(server_->address().host, server_->address().port).Get(path);
  }

  Telemetry telemetry_{LogFormat::kText, LogLevel::kInfo, "test"};
  std::unique_ptr<HttpServer> server_ = *HttpServer::Start({"127.0.0.1", 0}, telemetry_);
};

TEST_F(HttpServerTest, ShowsMetrics) {
  telemetry_.metrics.AddCounter("tally_things_total", "Things.").Increment(3);
  const httplib::Result result = Get("/metrics");
  ASSERT_TRUE(result);
  EXPECT_EQ(result->status, 200);
  EXPECT_THAT(result->body, HasSubstr("tally_things_total 3\n"));
  EXPECT_THAT(result->body, HasSubstr("process_open_fds"));
}

TEST_F(HttpServerTest, TellsLivenessAndReadinessApart) {
  telemetry_.health.AddReadiness("database", [] { return absl::UnavailableError("away"); });
  EXPECT_EQ(Get("/livez")->status, 200);
  const httplib::Result ready = Get("/readyz");
  EXPECT_EQ(ready->status, 503);
  EXPECT_EQ(ready->body, "database: away\n");
}

TEST_F(HttpServerTest, ShowsDetailsBesideReadiness) {
  telemetry_.health.AddDetail("database", [] { return "on a disk"; });
  EXPECT_EQ(Get("/readyz")->body, "ok\ndatabase: on a disk\n");
  EXPECT_EQ(Get("/livez")->body, "ok\n");
}

TEST_F(HttpServerTest, HasNothingElse) { EXPECT_EQ(Get("/")->status, 404); }

TEST_F(HttpServerTest, DoesNotShareItsPort) {
  EXPECT_EQ(HttpServer::Start(server_->address(), telemetry_).status().code(),
            absl::StatusCode::kUnavailable);
}

TEST_F(HttpServerTest, StopsThoughAClientStalls) {
  // A socket that connects and says nothing.
  const int socket_fd = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(server_->address().port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  ASSERT_EQ(connect(socket_fd, reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
  EXPECT_EQ(Get("/livez")->status, 200);
  const auto start = std::chrono::steady_clock::now();
  server_.reset();
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(4));
  close(socket_fd);
}

}  // namespace
}  // namespace tally::telemetry
