#include "tests/testkit/nats_server.h"

#include <nats/nats.h>

#include <memory>

#include "gtest/gtest.h"

namespace tally::testkit {
namespace {

struct Closer {
  void operator()(natsConnection* connection) const { natsConnection_Destroy(connection); }
  void operator()(jsCtx* context) const { jsCtx_Destroy(context); }
};

// A client of its own for each question: what it asks goes to the server that runs now.
class Client {
 public:
  explicit Client(const NatsServer& server) {
    natsConnection* connection = nullptr;
    status_ = natsConnection_ConnectTo(&connection, server.url().c_str());
    connection_.reset(connection);
    jsCtx* context = nullptr;
    if (status_ == NATS_OK) status_ = natsConnection_JetStream(&context, connection, nullptr);
    context_.reset(context);
  }

  natsStatus status() const { return status_; }

  natsStatus AddStream() {
    const char* subject = "notches";
    jsStreamConfig config;
    jsStreamConfig_Init(&config);
    config.Name = "STICK";
    config.Subjects = &subject;
    config.SubjectsLen = 1;
    return js_AddStream(nullptr, context_.get(), &config, nullptr, nullptr);
  }

  natsStatus Publish() {
    return js_Publish(nullptr, context_.get(), "notches", "x", 1, nullptr, nullptr);
  }

  // -1 if there is no stream.
  int64_t Messages() {
    jsStreamInfo* info = nullptr;
    if (js_GetStreamInfo(&info, context_.get(), "STICK", nullptr, nullptr) != NATS_OK) return -1;
    const int64_t messages = static_cast<int64_t>(info->State.Msgs);
    jsStreamInfo_Destroy(info);
    return messages;
  }

  int64_t MaxPayload() { return natsConnection_GetMaxPayload(connection_.get()); }

 private:
  natsStatus status_;
  std::unique_ptr<natsConnection, Closer> connection_;
  std::unique_ptr<jsCtx, Closer> context_;
};

class NatsServerTest : public testing::Test {
 protected:
  void SetUp() override {
    server_ = NatsServer::Start().value();
    Client client(*server_);
    ASSERT_EQ(client.AddStream(), NATS_OK);
    ASSERT_EQ(client.Publish(), NATS_OK);
    ASSERT_EQ(client.Messages(), 1);
  }

  std::unique_ptr<NatsServer> server_;
};

TEST_F(NatsServerTest, KeepsItsPortAndItsStreamsOverARestart) {
  const std::string url = server_->url();
  ASSERT_TRUE(server_->Stop().ok());
  EXPECT_NE(Client(*server_).status(), NATS_OK);
  ASSERT_TRUE(server_->Restart().ok());
  EXPECT_EQ(server_->url(), url);
  EXPECT_EQ(Client(*server_).Messages(), 1);
}

TEST_F(NatsServerTest, KeepsItsStreamsWhenKilled) {
  server_->Kill();
  EXPECT_NE(Client(*server_).status(), NATS_OK);
  ASSERT_TRUE(server_->Restart().ok());
  EXPECT_EQ(Client(*server_).Messages(), 1);
}

TEST_F(NatsServerTest, ForgetsEverythingWithItsStore) {
  EXPECT_FALSE(server_->WipeStore().ok());
  ASSERT_TRUE(server_->Stop().ok());
  ASSERT_TRUE(server_->WipeStore().ok());
  ASSERT_TRUE(server_->Restart().ok());
  EXPECT_EQ(Client(*server_).Messages(), -1);
}

TEST(NatsServerConfigTest, TakesMoreConfiguration) {
  const auto server = NatsServer::Start("max_payload: 4096").value();
  EXPECT_EQ(Client(*server).MaxPayload(), 4096);
}

TEST(NatsServerConfigTest, ShowsWhyItDoesNotStart) {
  const auto server = NatsServer::Start("no_such_option: 1");
  ASSERT_FALSE(server.ok());
  EXPECT_NE(server.status().message().find("no_such_option"), absl::string_view::npos);
}

}  // namespace
}  // namespace tally::testkit
