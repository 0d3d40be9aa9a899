#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <future>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "common/rpc/error_details.h"
#include "tests/integration/order_service/instance.h"
#include "tests/testkit/database_urls.h"
#include "tests/testkit/eventually.h"
#include "tests/testkit/nats_server.h"
#include "tests/testkit/nonsense_call.h"
#include "tests/testkit/postgres_server.h"
#include "tests/testkit/status_matchers.h"

namespace tally::orders {
namespace {

using testing::ElementsAre;
using testing::Field;

v1::PlaceOrderRequest Request(const std::string& request_id, int64_t quantity = 2) {
  v1::PlaceOrderRequest request;
  request.set_request_id(request_id);
  request.set_customer("ada");
  request.set_currency("GBP");
  v1::OrderLine& line = *request.add_lines();
  line.set_sku("TEA");
  line.set_quantity(quantity);
  line.mutable_unit_price()->set_units(3);
  line.mutable_unit_price()->set_nanos(500'000'000);
  return request;
}

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
  v1::ListOrdersRequest request;
  request.set_page_size(70);
  std::set<std::string> met;
  int pages = 0;
  do {
    grpc::ClientContext context;
    SetDeadline(context);
    v1::ListOrdersResponse response;
    ASSERT_TRUE(instance->stub().ListOrders(&context, request, &response).ok());
    for (const v1::Order& order : response.orders()) met.insert(order.order_id());
    request.set_page_token(response.next_page_token());
    ++pages;
  } while (!request.page_token().empty());
  EXPECT_EQ(met.size(), 120);
  EXPECT_EQ(pages, 2);
}

TEST_P(ServiceTest, EveryMethodOfEveryServiceExplainsItsErrors) {
  for (const auto* service :
       {v1::OrderService::service_full_name(), ops::v1::OutboxService::service_full_name()}) {
    const google::protobuf::ServiceDescriptor* descriptor =
        google::protobuf::DescriptorPool::generated_pool()->FindServiceByName(service);
    for (int i = 0; i < descriptor->method_count(); ++i) {
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
  EXPECT_FALSE(instance.stub().PlaceOrder(&context, Request("r2"), &response).ok());
  ASSERT_OK(server->Restart());
  ASSERT_EVENTUALLY(Place(instance, Request("r2")).status.ok(), absl::Seconds(20));
  EXPECT_EQ(CountOrders(instance), 2);
}

}  // namespace
}  // namespace tally::orders
