#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <future>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "common/base/consistency_token.h"
#include "common/rpc/error_details.h"
#include "tally/events/v1/order_events.pb.h"
#include "tests/integration/order_service/fixture_sql.h"
#include "tests/integration/order_service/instance.h"
#include "tests/integration/order_service/request.h"
#include "tests/testkit/database_urls.h"
#include "tests/testkit/eventually.h"
#include "tests/testkit/nonsense_call.h"
#include "tests/testkit/postgres_server.h"
#include "tests/testkit/status_matchers.h"

namespace tally::orders {
namespace {

using testing::ElementsAre;
using testing::Field;
using testing::HasSubstr;

struct Answer {
  grpc::Status status;
  v1::PlaceOrderResponse response;
};

void SetDeadline(grpc::ClientContext& context, absl::Duration timeout = absl::Seconds(30)) {
  context.set_deadline(std::chrono::system_clock::now() + absl::ToChronoNanoseconds(timeout));
}

Answer Place(Instance& instance, const v1::PlaceOrderRequest& request) {
  grpc::ClientContext context;
  SetDeadline(context);
  Answer answer;
  answer.status = instance.stub().PlaceOrder(&context, request, &answer.response);
  return answer;
}

int CountOrders(Instance& instance) {
  grpc::ClientContext context;
  SetDeadline(context);
  v1::ListOrdersRequest request;
  request.set_page_size(1000);
  v1::ListOrdersResponse response;
  EXPECT_TRUE(instance.stub().ListOrders(&context, request, &response).ok());
  return response.orders_size();
}

// Every order, read in pages of that size.
std::vector<v1::ListOrdersResponse> ListPages(Instance& instance, int page_size) {
  std::vector<v1::ListOrdersResponse> pages;
  v1::ListOrdersRequest request;
  request.set_page_size(page_size);
  do {
    grpc::ClientContext context;
    SetDeadline(context);
    const grpc::Status status =
        instance.stub().ListOrders(&context, request, &pages.emplace_back());
    EXPECT_TRUE(status.ok()) << status.error_message();
    request.set_page_token(pages.back().next_page_token());
  } while (!request.page_token().empty());
  return pages;
}

std::set<std::string> IdsOf(const std::vector<v1::ListOrdersResponse>& pages) {
  std::set<std::string> ids;
  for (const v1::ListOrdersResponse& page : pages)
    for (const v1::Order& order : page.orders()) ids.insert(order.order_id());
  return ids;
}

struct StoredEvent {
  std::string type;
  std::string headers;
  events::v1::OrderCreated created;
};

StoredEvent EventAt(Instance& instance, const base::Uuid& lane_id, int64_t sequence) {
  StoredEvent event;
  EXPECT_OK(instance.database().Run(
      db::Mode::kRead, absl::Now() + absl::Seconds(30), [&](db::Transaction& transaction) {
        return transaction.Query<std::string, std::string, db::Bytes>(
            fixture::sql::kFindEvent, {{"lane_id", lane_id.ToString()}, {"sequence", sequence}},
            [&](std::string type, std::string headers, const db::Bytes& payload) {
              event = {std::move(type), std::move(headers), {}};
              EXPECT_TRUE(event.created.ParseFromString(payload.data));
            });
      }));
  return event;
}

class ServiceTest : public testing::TestWithParam<testkit::DatabaseKind> {
 protected:
  void SetUp() override {
    ASSERT_OK_AND_ASSIGN(const std::string url, GetParam().MakeUrl());
    instance = std::make_unique<Instance>(url);
  }

  std::unique_ptr<Instance> instance;
};
INSTANTIATE_ON_EVERY_DATABASE(ServiceTest);

TEST_P(ServiceTest, PlacesAnOrderWithoutTheBusAndReturnsItLater) {
  const Answer placed = Place(*instance, Request("r1"));
  ASSERT_TRUE(placed.status.ok()) << placed.status.error_message();
  EXPECT_EQ(placed.response.order().total().units(), 7);
  EXPECT_FALSE(placed.response.consistency_token().empty());

  grpc::ClientContext context;
  SetDeadline(context);
  v1::GetOrderRequest request;
  request.set_order_id(placed.response.order().order_id());
  v1::GetOrderResponse response;
  ASSERT_TRUE(instance->stub().GetOrder(&context, request, &response).ok());
  EXPECT_EQ(response.order().SerializeAsString(), placed.response.order().SerializeAsString());
}

TEST_P(ServiceTest, TheTokenNamesTheEventOfTheOrder) {
  constexpr char kTrace[] = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
  for (const int64_t sequence : {1, 2, 3}) {
    grpc::ClientContext context;
    SetDeadline(context);
    context.AddMetadata("traceparent", kTrace);
    v1::PlaceOrderResponse placed;
    ASSERT_TRUE(instance->stub().PlaceOrder(&context, Request(""), &placed).ok());
    ASSERT_OK_AND_ASSIGN(const auto token,
                         base::ConsistencyToken::Parse(placed.consistency_token()));
    ASSERT_EQ(placed.order().history_size(), 1);
    EXPECT_EQ(placed.order().history(0).lane_id(), token.lane_id.ToString());
    EXPECT_EQ(placed.order().history(0).sequence(), token.sequence);
    const StoredEvent event = EventAt(*instance, token.lane_id, token.sequence);
    EXPECT_EQ(event.type, "tally.events.v1.OrderCreated");
    EXPECT_THAT(event.headers, HasSubstr(kTrace));
    EXPECT_EQ(event.created.order().order_id(), placed.order().order_id()) << sequence;
  }
}

TEST_P(ServiceTest, AnOrderThatIsNotThereIsNotFound) {
  v1::GetOrderRequest request;
  request.set_order_id("01932b5c-7a3e-7c52-9d5e-3f6a1b2c4d5e");
  grpc::ClientContext context;
  SetDeadline(context);
  v1::GetOrderResponse response;
  const grpc::Status status = instance->stub().GetOrder(&context, request, &response);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::NOT_FOUND);
  EXPECT_EQ(rpc::DetailsOf(status).reason, "ORDER_NOT_FOUND");
}

TEST_P(ServiceTest, ARepeatedRequestIdGivesTheSameOrderAndTokenAgain) {
  const Answer first = Place(*instance, Request("r1")), again = Place(*instance, Request("r1"));
  ASSERT_TRUE(again.status.ok());
  EXPECT_EQ(again.response.SerializeAsString(), first.response.SerializeAsString());
  EXPECT_EQ(CountOrders(*instance), 1);
}

TEST_P(ServiceTest, ARequestIdWithOtherContentIsRefused) {
  ASSERT_TRUE(Place(*instance, Request("r1")).status.ok());
  const Answer other = Place(*instance, Request("r1", 3));
  EXPECT_EQ(other.status.error_code(), grpc::StatusCode::ALREADY_EXISTS);
  EXPECT_EQ(rpc::DetailsOf(other.status).reason, "REQUEST_ID_REUSED");
  EXPECT_EQ(CountOrders(*instance), 1);
}

// In one batch, in two, and on PostgreSQL in two writers: whatever the moment makes of it.
TEST_P(ServiceTest, CallsWithOneRequestIdAtTheSameMomentPlaceOneOrder) {
  constexpr int kRounds = 30, kCalls = 8;
  for (int round = 0; round < kRounds; ++round) {
    std::vector<std::future<Answer>> calls;
    for (int i = 0; i < kCalls; ++i) {
      calls.push_back(std::async(std::launch::async, [&, i] {
        return Place(*instance, Request("r" + std::to_string(round), i % 4 == 3 ? 99 : 2));
      }));
    }
    std::set<std::string> tokens;
    for (auto& call : calls) {
      const Answer answer = call.get();
      if (answer.status.ok()) {
        tokens.insert(answer.response.consistency_token());
      } else {
        EXPECT_EQ(answer.status.error_code(), grpc::StatusCode::ALREADY_EXISTS);
      }
    }
    EXPECT_EQ(tokens.size(), 1) << "round " << round;
  }
  EXPECT_EQ(CountOrders(*instance), kRounds);
}

TEST_P(ServiceTest, NamesEveryViolatedField) {
  v1::PlaceOrderRequest request = Request("r1", 0);
  request.set_customer("");
  request.mutable_lines(0)->mutable_unit_price()->set_currency_code("EUR");
  const Answer answer = Place(*instance, request);
  EXPECT_EQ(answer.status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_THAT(rpc::DetailsOf(answer.status).violations,
              ElementsAre(Field(&base::Violation::field, "customer"),
                          Field(&base::Violation::field, "lines[0].quantity"),
                          Field(&base::Violation::field, "lines[0].unit_price.currency_code")));
  EXPECT_EQ(CountOrders(*instance), 0);
}

TEST_P(ServiceTest, PagesThroughOrders) {
  for (int i = 0; i < 120; ++i) ASSERT_TRUE(Place(*instance, Request("")).status.ok());
  for (const int page_size : {60, 70}) {
    const std::vector<v1::ListOrdersResponse> pages = ListPages(*instance, page_size);
    ASSERT_EQ(pages.size(), 2);
    EXPECT_EQ(pages[0].orders_size(), page_size);
    EXPECT_EQ(pages[1].orders_size(), 120 - page_size);
    EXPECT_EQ(IdsOf(pages).size(), 120);
  }
}

TEST_P(ServiceTest, APageEndsBeforeItIsTooLargeForAMessage) {
  v1::PlaceOrderRequest large = Request("");
  v1::OrderLine line = large.lines(0);
  for (int i = 0; i < 256; ++i) line.mutable_description()->append("€");
  for (int i = 0; i < 600; ++i) *large.add_lines() = line;
  constexpr int kOrders = 10;
  for (int i = 0; i < kOrders; ++i) ASSERT_TRUE(Place(*instance, large).status.ok());
  const std::vector<v1::ListOrdersResponse> pages = ListPages(*instance, kOrders);
  EXPECT_EQ(pages.size(), 2);
  EXPECT_EQ(IdsOf(pages).size(), kOrders);
}

TEST_P(ServiceTest, WhileStoppingItSaysSo) {
  instance->StopWriting();
  const Answer late = Place(*instance, Request("r1"));
  EXPECT_EQ(late.status.error_code(), grpc::StatusCode::UNAVAILABLE);
  const rpc::ErrorDetails details = rpc::DetailsOf(late.status);
  EXPECT_EQ(details.reason, "STOPPING");
  EXPECT_TRUE(details.retry_delay.has_value());
  EXPECT_EQ(CountOrders(*instance), 0);
}

TEST_P(ServiceTest, EveryMethodOfEveryServiceExplainsItsErrors) {
  for (const auto* service :
       {v1::OrderService::service_full_name(), v1::AuditService::service_full_name(),
        ops::v1::OutboxService::service_full_name()}) {
    const google::protobuf::ServiceDescriptor* descriptor =
        google::protobuf::DescriptorPool::generated_pool()->FindServiceByName(service);
    for (int i = 0; i < descriptor->method_count(); ++i) {
      if (descriptor->method(i)->input_type()->field_count() == 0) continue;  // no nonsense
      const google::protobuf::MethodDescriptor& method = *descriptor->method(i);
      const grpc::Status status = testkit::CallWithNonsense(instance->channel(), method);
      const rpc::ErrorDetails details = rpc::DetailsOf(status);
      EXPECT_FALSE(status.ok()) << method.full_name();
      EXPECT_FALSE(details.reason.empty()) << method.full_name();
      EXPECT_EQ(details.domain, rpc::kErrorDomain) << method.full_name();
      EXPECT_EQ(status.error_code() == grpc::StatusCode::INVALID_ARGUMENT,
                !details.violations.empty())
          << method.full_name();
    }
  }
}

TEST(ServiceOutageTest, WithoutItsDatabaseItRefusesAndRecovers) {
  ASSERT_OK_AND_ASSIGN(const auto server, testkit::PostgresServer::Start());
  ASSERT_OK_AND_ASSIGN(const std::string url, server->CreateDatabase());
  Instance instance(url);
  ASSERT_TRUE(Place(instance, Request("r1")).status.ok());
  ASSERT_OK(server->Stop());
  grpc::ClientContext context;
  SetDeadline(context, absl::Seconds(2));
  v1::PlaceOrderResponse response;
  EXPECT_FALSE(instance.stub().PlaceOrder(&context, Request("given up"), &response).ok());
  ASSERT_OK(server->Restart());
  ASSERT_EVENTUALLY(Place(instance, Request("r2")).status.ok(), absl::Seconds(20));
  EXPECT_EQ(CountOrders(instance), 2) << "what nobody waits for is not written";
}

}  // namespace
}  // namespace tally::orders
