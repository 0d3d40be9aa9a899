// tally.ops.v1.OutboxService, as order_service serves it.

#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <memory>
#include <set>
#include <string>

#include "absl/strings/str_cat.h"
#include "common/outbox/lane_store.h"
#include "common/rpc/error_details.h"
#include "tally/ops/v1/outbox_service.grpc.pb.h"
#include "tests/integration/order_service/instance.h"
#include "tests/testkit/database_urls.h"
#include "tests/testkit/eventually.h"
#include "tests/testkit/nats_server.h"
#include "tests/testkit/status_matchers.h"
#include "tests/testkit/token_issuer.h"

namespace tally::orders {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using testkit::kPatience;
using Stub = ops::v1::OutboxService::Stub;

class OutboxOpsTest : public testing::TestWithParam<testkit::DatabaseKind> {
 protected:
  void Start(const std::string& nats_config) {
    ASSERT_OK_AND_ASSIGN(nats, testkit::NatsServer::Start(nats_config));
    Start();
  }
  void Start() {
    ASSERT_OK_AND_ASSIGN(const std::string url, GetParam().MakeUrl());
    instance = std::make_unique<Instance>(url, nats ? nats->url() : "nats://127.0.0.1:1",
                                          OrderServiceOptions(), 8192, jwt);
    stub = ops::v1::OutboxService::NewStub(instance->channel());
  }

  template <typename Request, typename Response>
  grpc::Status Call(grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*),
                    const Request& request, Response& response) {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(30));
    context.AddMetadata("authorization", "Bearer " + token);
    return ((*stub).*method)(&context, request, &response);
  }

  ops::v1::GetOutboxStatusResponse Status() {
    ops::v1::GetOutboxStatusResponse status;
    const grpc::Status called = Call(&Stub::GetOutboxStatus, {}, status);
    EXPECT_TRUE(called.ok()) << called.error_message();
    return status;
  }
  std::set<std::string> Alarms() {
    const ops::v1::GetOutboxStatusResponse status = Status();
    std::set<std::string> names;
    for (const ops::v1::Alarm& alarm : status.alarms()) names.insert(alarm.name());
    return names;
  }
  ops::v1::ListParkedEventsResponse Parked(const ops::v1::ListParkedEventsRequest& request = {}) {
    ops::v1::ListParkedEventsResponse response;
    const grpc::Status called = Call(&Stub::ListParkedEvents, request, response);
    EXPECT_TRUE(called.ok()) << called.error_message();
    return response;
  }
  grpc::Status Retry(const std::vector<std::string>& event_ids) {
    ops::v1::RetryParkedEventsRequest request;
    for (const std::string& event_id : event_ids) request.add_event_ids(event_id);
    ops::v1::RetryParkedEventsResponse response;
    const grpc::Status called = Call(&Stub::RetryParkedEvents, request, response);
    if (called.ok()) {
      EXPECT_EQ(response.retried_events(), static_cast<int64_t>(event_ids.size()));
    }
    return called;
  }
  grpc::Status Discard(const std::vector<std::string>& event_ids, const std::string& reason) {
    ops::v1::DiscardParkedEventsRequest request;
    for (const std::string& event_id : event_ids) request.add_event_ids(event_id);
    request.set_reason(reason);
    ops::v1::DiscardParkedEventsResponse response;
    return Call(&Stub::DiscardParkedEvents, request, response);
  }

  // Its event has about 100 bytes for each line.
  void Place(int lines) {
    v1::PlaceOrderRequest request;
    request.set_request_id(absl::StrCat("order-", ++placed));
    request.set_customer("ada");
    request.set_currency("GBP");
    for (int i = 0; i < lines; ++i) {
      v1::OrderLine& line = *request.add_lines();
      line.set_sku("TEA");
      line.set_description(std::string(80, 'x'));
      line.set_quantity(1);
      line.mutable_unit_price()->set_units(1);
    }
    grpc::ClientContext context;
    context.AddMetadata("authorization", "Bearer " + token);
    v1::PlaceOrderResponse response;
    ASSERT_TRUE(instance->stub().PlaceOrder(&context, request, &response).ok());
  }
  void PlaceOneThatIsRefused() {
    Place(1000);
    ASSERT_EVENTUALLY(Parked().parked_events_size() == 1, kPatience);
  }

  std::unique_ptr<testkit::NatsServer> nats;
  std::unique_ptr<Instance> instance;
  std::unique_ptr<Stub> stub;
  int placed = 0;
  config::JwtSettings jwt;
  std::string token;
};
INSTANTIATE_ON_EVERY_DATABASE(OutboxOpsTest);

TEST_P(OutboxOpsTest, ShowsTheOutboxAtAGlance) {
  Start("");
  Place(1);
  ASSERT_EVENTUALLY(Status().bus().stream_messages() == 1 && Status().unpublished_events() == 0,
                    kPatience);
  const ops::v1::GetOutboxStatusResponse status = Status();
  EXPECT_EQ(status.source(), "order_service");
  EXPECT_EQ(status.open_lanes(), 1);
  EXPECT_EQ(status.draining_lanes(), 0);
  EXPECT_FALSE(status.has_publish_lag());
  EXPECT_EQ(status.bus().stream(), "ORDERS");
  EXPECT_TRUE(status.bus().connected());
  EXPECT_GT(status.bus().stream_bytes(), 0);
  EXPECT_EQ(status.bus().durability().at("storage"), "file");
  EXPECT_THAT(status.database().database_id(), SizeIs(36));
  EXPECT_THAT(status.bus().server_version(), testing::StartsWith("2."));
  const bool sqlite = status.database().kind() == "sqlite";
  EXPECT_EQ(status.database().survives(), sqlite ? "machine" : "process");
  EXPECT_EQ(status.database().minimum(), "process");
  EXPECT_EQ(status.database().durability().at(sqlite ? "synchronous" : "synchronous_commit"),
            sqlite ? "full" : "on");
  for (const ops::v1::Alarm& alarm : status.alarms()) {
    EXPECT_EQ(alarm.name(), "DATABASE_NOT_DURABLE") << "the tests' server runs without fsync";
  }
}

TEST_P(OutboxOpsTest, SaysWhatWaitsAndWhyWhileTheBusIsAway) {
  Start();
  Place(1);
  Place(1);
  ASSERT_EVENTUALLY(Alarms().contains("RELAY_STALLED"), kPatience);
  const ops::v1::GetOutboxStatusResponse status = Status();
  EXPECT_EQ(status.unpublished_events(), 2);
  EXPECT_TRUE(status.has_publish_lag());
  EXPECT_FALSE(status.bus().connected());
  EXPECT_TRUE(Alarms().contains("BUS_UNREACHABLE"));
}

TEST_P(OutboxOpsTest, ListsLanesByIdWithinBounds) {
  Start();
  outbox::LaneStore lanes({.stream = "ORDERS", .holder = "somebody"}, instance->database());
  std::set<std::string> opened;
  for (int i = 0; i < 5; ++i) {
    ASSERT_OK_AND_ASSIGN(const std::string lane_id, lanes.Open(absl::Now() + kPatience));
    opened.insert(lane_id);
  }
  ops::v1::ListLanesRequest request;
  ops::v1::ListLanesResponse page;
  request.set_order_by("lane_id");
  request.set_after_lane_id(*opened.begin());
  request.set_through_lane_id(*std::next(opened.begin(), 3));
  request.set_page_size(2);
  std::vector<std::string> listed;
  do {
    ASSERT_TRUE(Call(&Stub::ListLanes, request, page).ok());
    for (const ops::v1::Lane& lane : page.lanes()) listed.push_back(lane.lane_id());
    request.set_page_token(page.next_page_token());
  } while (!page.next_page_token().empty());
  EXPECT_EQ(listed,
            std::vector<std::string>(std::next(opened.begin()), std::next(opened.begin(), 4)));
  request.set_unpublished_only(true);
  EXPECT_EQ(Call(&Stub::ListLanes, request, page).error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  request = {};
  request.set_through_lane_id(*opened.begin());
  EXPECT_EQ(Call(&Stub::ListLanes, request, page).error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  request = {};
  request.set_order_by("size");
  EXPECT_EQ(Call(&Stub::ListLanes, request, page).error_code(), grpc::StatusCode::INVALID_ARGUMENT);
}

TEST_P(OutboxOpsTest, ListsLanesInPagesBoundToTheirQuery) {
  Start();
  instance->StopWriting();  // On SQLite its relay would close the lanes of anybody else.
  outbox::LaneStore lanes({.stream = "ORDERS", .holder = "somebody"}, instance->database());
  const absl::Time deadline = absl::Now() + kPatience;
  std::vector<std::string> opened;
  for (int i = 0; i < 5; ++i) {
    ASSERT_OK_AND_ASSIGN(const std::string lane_id, lanes.Open(deadline));
    opened.insert(opened.begin(), lane_id);
  }
  ASSERT_OK(lanes.Close(opened[1], deadline).status());
  ops::v1::ListLanesRequest request;
  ops::v1::ListLanesResponse page;
  std::vector<std::string> listed;
  request.set_page_size(2);
  do {
    ASSERT_TRUE(Call(&Stub::ListLanes, request, page).ok());
    for (const ops::v1::Lane& lane : page.lanes()) listed.push_back(lane.lane_id());
    request.set_page_token(page.next_page_token());
  } while (!page.next_page_token().empty());
  EXPECT_EQ(listed, opened);

  request.clear_page_token();
  ASSERT_TRUE(Call(&Stub::ListLanes, request, page).ok());
  EXPECT_EQ(page.lanes(0).opened_by(), "somebody");
  EXPECT_EQ(page.lanes(1).state(), ops::v1::Lane::STATE_CLOSED);
  EXPECT_TRUE(page.lanes(1).has_close_time());
  request.set_page_token(page.next_page_token());
  request.set_state(ops::v1::Lane::STATE_OPEN);
  EXPECT_EQ(Call(&Stub::ListLanes, request, page).error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  request.clear_page_token();
  request.set_page_size(10);
  ASSERT_TRUE(Call(&Stub::ListLanes, request, page).ok());
  EXPECT_EQ(page.lanes_size(), 4);
  request.set_state(ops::v1::Lane::STATE_CLOSED);
  ASSERT_TRUE(Call(&Stub::ListLanes, request, page).ok());
  EXPECT_EQ(page.lanes_size(), 1);
  request.clear_state();
  request.set_unpublished_only(true);
  ASSERT_TRUE(Call(&Stub::ListLanes, request, page).ok());
  EXPECT_EQ(page.lanes_size(), 0);
}

TEST_P(OutboxOpsTest, ShowsAParkedEventWithItsContentAndPublishesItWhenAsked) {
  Start("max_payload: 65536");
  PlaceOneThatIsRefused();
  EXPECT_TRUE(Alarms().contains("EVENTS_PARKED"));
  ops::v1::ParkedEvent event = Parked().parked_events(0);
  EXPECT_EQ(event.type(), "tally.events.v1.OrderCreated");
  EXPECT_GT(event.payload_bytes(), 65'536);
  EXPECT_EQ(event.attempts(), 3);
  EXPECT_FALSE(event.outcome_unknown());
  EXPECT_THAT(event.error(), testing::Not(IsEmpty()));
  EXPECT_THAT(event.payload(), IsEmpty());
  EXPECT_THAT(event.headers(), IsEmpty());

  ops::v1::ListParkedEventsRequest with_details;
  with_details.set_include_details(true);
  event = Parked(with_details).parked_events(0);
  EXPECT_THAT(event.payload_json(), HasSubstr(R"("customer":"ada")"));
  EXPECT_EQ(static_cast<int64_t>(event.payload().size()), event.payload_bytes());
  EXPECT_EQ(event.headers(1).name(), "ce-id");
  EXPECT_EQ(event.headers(1).value(), event.event_id());

  ASSERT_OK(nats->Restart("max_payload: 1048576"));
  EXPECT_TRUE(Retry({event.event_id()}).ok());
  ASSERT_EVENTUALLY(Parked().parked_events().empty(), kPatience);
  EXPECT_EQ(Status().bus().stream_messages(), 1);
  EXPECT_EQ(rpc::DetailsOf(Retry({event.event_id()})).reason, "NOT_THERE");
}

TEST_P(OutboxOpsTest, AnEventThatIsGivenUpStaysListedWithItsReason) {
  Start("max_payload: 65536");
  PlaceOneThatIsRefused();
  const std::string event_id = Parked().parked_events(0).event_id();
  EXPECT_TRUE(Discard({event_id}, "a test").ok());
  EXPECT_TRUE(Discard({event_id}, "again").ok());
  const ops::v1::ParkedEvent event = Parked().parked_events(0);
  EXPECT_EQ(event.state(), ops::v1::ParkedEvent::STATE_VOID);
  EXPECT_EQ(event.discard_reason(), "a test");
  EXPECT_EQ(event.discarded_by(), "");
  EXPECT_EQ(Retry({event_id}).error_code(), grpc::StatusCode::FAILED_PRECONDITION);
  EXPECT_EQ(Status().parked_events(), 0);
  EXPECT_EQ(Status().void_events(), 1);
  EXPECT_FALSE(Alarms().contains("EVENTS_PARKED"));
}

TEST_P(OutboxOpsTest, KeepsWhoGaveAnEventUp) {
  const testkit::TokenIssuer issuer;
  jwt = issuer.settings();
  token = issuer.Issue("eve", "orders.write ops.read ops.write");
  Start("max_payload: 65536");
  PlaceOneThatIsRefused();
  const std::string event_id = Parked().parked_events(0).event_id();
  EXPECT_TRUE(Discard({event_id}, "a test").ok());
  EXPECT_EQ(Parked().parked_events(0).discarded_by(), "eve");
  token = issuer.Issue("eve", "orders.write ops.read");
  EXPECT_EQ(rpc::DetailsOf(Discard({event_id}, "again")).reason, "SCOPE_MISSING");
}

TEST_P(OutboxOpsTest, NamesWhatIsWrongWithARequest) {
  Start();
  const auto fields = [](const grpc::Status& status) {
    std::vector<std::string> names;
    for (const base::Violation& violation : rpc::DetailsOf(status).violations) {
      names.push_back(violation.field);
    }
    return names;
  };
  using testing::ElementsAre;
  EXPECT_THAT(fields(Retry({})), ElementsAre("event_ids"));
  EXPECT_THAT(fields(Retry({"x", "01932b5c-7a3e-7c52-9d5e-3f6a1b2c4d5e/0"})),
              ElementsAre("event_ids[0]", "event_ids[1]"));
  EXPECT_THAT(fields(Discard({"x"}, "")), ElementsAre("event_ids[0]", "reason"));
  EXPECT_THAT(fields(Discard(std::vector<std::string>(1001, "x"), std::string(257, 'x'))),
              ElementsAre("event_ids", "reason"));
  ops::v1::ListParkedEventsRequest request;
  request.set_lane_id("x");
  request.set_type("\n");
  request.set_page_size(-1);
  request.set_page_token("x");
  ops::v1::ListParkedEventsResponse response;
  EXPECT_THAT(fields(Call(&Stub::ListParkedEvents, request, response)),
              ElementsAre("lane_id", "type", "page_size", "page_token"));
}

}  // namespace
}  // namespace tally::orders
