#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "common/inbox/inbox.h"
#include "tests/integration/inbox/replica.h"
#include "tests/testkit/database_urls.h"
#include "tests/testkit/status_matchers.h"

namespace tally::inbox {

// One replica, to whose inbox the test hands deliveries itself.
class ReceiveTest : public testing::TestWithParam<testkit::DatabaseKind> {
 protected:
  void SetUp() override {
    ASSERT_OK_AND_ASSIGN(const std::string url, GetParam().MakeUrl());
    replica = std::make_unique<Replica>(url);
  }

  Inbox::Received Receive(const std::vector<bus::Delivery>& deliveries) {
    const absl::StatusOr<Inbox::Received> received = replica->Receive(deliveries);
    EXPECT_OK(received);
    return received.value_or(Inbox::Received());
  }
  void FailOn(const std::string& payload, absl::Status status) {
    replica->handler.verdict = [=](db::Transaction&, const bus::Event& event) {
      return event.payload == payload ? status : absl::OkStatus();
    };
  }

  std::unique_ptr<Replica> replica;
};

}  // namespace tally::inbox
