#include "tests/integration/bus/bus_test_case.h"

#include <nats/nats.h>

#include "common/bus/nats_handles.h"

namespace tally::bus {

void BusTestCase::Delete(const std::string& what) {
  natsConnection* connection = nullptr;
  ASSERT_EQ(natsConnection_ConnectTo(&connection, server_->url().c_str()), NATS_OK);
  natsMsg* answer = nullptr;
  EXPECT_EQ(natsConnection_RequestString(&answer, connection, absl::StrCat("$JS.API.", what).c_str(), "", 5000), NATS_OK);
  const NatsMsgPtr owned(answer);
  natsConnection_Destroy(connection);
}

}  // namespace tally::bus
