#include "common/bus/nats_link.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>

#include "common/bus/nats_handles.h"
#include "tests/integration/bus/bus_test_case.h"

namespace tally::bus {
namespace {

class NatsLinkTest : public BusTestCase {
 protected:
  void SetUp() override {
    StartServer("");
    natsOptions* options = nullptr;
    natsOptions_Create(&options);
    const NatsOptionsPtr owned(options);
    natsOptions_SetURL(options, server_->url().c_str());
    natsOptions_SetAllowReconnect(options, false);
    natsOptions_SetWriteDeadline(options, 200);
    natsConnection* connection = nullptr;
    ASSERT_EQ(natsConnection_Connect(&connection, options), NATS_OK);
    link_.emplace(connection);
  }

  std::optional<NatsLink> link_;
};

// Part of the message that failed may have left: what is written next, the server would take for
// its rest.
TEST_F(NatsLinkTest, AfterAWriteThatFailedNothingMoreIsWritten) {
  ASSERT_OK(server_->Freeze());
  const std::string large(500'000, 'x');
  natsStatus status = NATS_OK;
  while (status == NATS_OK) status = link_->Publish("large", "", large);
  EXPECT_NE(status, NATS_CONNECTION_CLOSED) << "it had not failed before";
  ASSERT_OK(server_->Thaw());

  natsMsg* message = nullptr;
  ASSERT_EQ(natsMsg_Create(&message, "next", nullptr, "", 0), NATS_OK);
  const NatsMsgPtr owned(message);
  EXPECT_EQ(link_->Publish(message), NATS_CONNECTION_CLOSED);
  EXPECT_EQ(link_->Publish("next", "", ""), NATS_CONNECTION_CLOSED);
  EXPECT_EQ(link_->Publish("next", "reply", ""), NATS_CONNECTION_CLOSED);
}

TEST_F(NatsLinkTest, WhatIsTooLargeLeavesItAsGoodAsBefore) {
  const std::string too_large(static_cast<size_t>(link_->max_payload()) + 1, 'x');
  EXPECT_EQ(link_->Publish("large", "", too_large), NATS_MAX_PAYLOAD);
  EXPECT_EQ(link_->Publish("next", "", ""), NATS_OK);
}

}  // namespace
}  // namespace tally::bus
