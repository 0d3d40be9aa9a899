#include "tests/integration/bus/other_client.h"

#include <gtest/gtest.h>

#include <cstdlib>

#include "common/bus/nats_handles.h"

namespace tally::bus {
namespace {

constexpr int64_t kPatienceMs = 10'000;

}  // namespace

OtherClient::OtherClient(const std::string& url) {
  EXPECT_EQ(natsConnection_ConnectTo(&connection_, url.c_str()), NATS_OK);
}

OtherClient::~OtherClient() {
  natsSubscription_Destroy(subscription_);
  natsConnection_Destroy(connection_);
}

void OtherClient::RequestApi(const std::string& subject, const std::string& body) {
  natsMsg* answer = nullptr;
  EXPECT_EQ(natsConnection_RequestString(&answer, connection_, ("$JS.API." + subject).c_str(),
                                         body.c_str(), kPatienceMs),
            NATS_OK);
  const NatsMsgPtr owned(answer);
}

void OtherClient::Publish(const std::string& subject, const Headers& headers,
                          const std::string& payload) {
  natsMsg* message = nullptr;
  ASSERT_EQ(natsMsg_Create(&message, subject.c_str(), nullptr, payload.data(),
                           static_cast<int>(payload.size())),
            NATS_OK);
  const NatsMsgPtr owned(message);
  for (const auto& [name, value] : headers) {
    EXPECT_EQ(natsMsgHeader_Set(message, name.c_str(), value.c_str()), NATS_OK);
  }
  EXPECT_EQ(natsConnection_PublishMsg(connection_, message), NATS_OK);
  EXPECT_EQ(natsConnection_FlushTimeout(connection_, kPatienceMs), NATS_OK);
}

void OtherClient::Listen(const std::string& subject) {
  ASSERT_EQ(natsConnection_SubscribeSync(&subscription_, connection_, subject.c_str()), NATS_OK);
  EXPECT_EQ(natsConnection_FlushTimeout(connection_, kPatienceMs), NATS_OK);
}

OtherClient::Headers OtherClient::NextHeaders() {
  Headers headers;
  natsMsg* message = nullptr;
  EXPECT_EQ(natsSubscription_NextMsg(&message, subscription_, kPatienceMs), NATS_OK);
  const NatsMsgPtr owned(message);
  const char** names = nullptr;
  int count = 0;
  EXPECT_EQ(natsMsgHeader_Keys(message, &names, &count), NATS_OK);
  for (int i = 0; i < count; ++i) {
    const char* value = nullptr;
    EXPECT_EQ(natsMsgHeader_Get(message, names[i], &value), NATS_OK);
    headers[names[i]] = value;
  }
  std::free(names);
  return headers;
}

}  // namespace tally::bus
