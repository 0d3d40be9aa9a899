#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "common/bus/personal_data.h"
#include "tally/events/v1/order_events.pb.h"
#include "tally/ops/v1/privacy_service.grpc.pb.h"
#include "tests/integration/order_service/fixture_sql.h"
#include "tests/integration/order_service/instance.h"
#include "tests/testkit/database_urls.h"
#include "tests/testkit/status_matchers.h"

namespace tally::orders {
namespace {

using testing::Each;
using testing::HasSubstr;
using testing::Not;
using testing::SizeIs;

class ErasureTest : public testing::TestWithParam<testkit::DatabaseKind> {
 protected:
  void SetUp() override {
    ASSERT_OK_AND_ASSIGN(const std::string url, GetParam().MakeUrl());
    instance = std::make_unique<Instance>(url);
    privacy = ops::v1::PrivacyService::NewStub(instance->channel());
  }

  template <typename Request, typename Response, typename Stub>
  grpc::Status Call(grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*),
                    Stub& stub, const Request& request, Response& response) {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(30));
    return (stub.*method)(&context, request, &response);
  }
  static v1::PlaceOrderRequest Order(const std::string& customer,
                                     const std::string& request_id = "", int64_t quantity = 2) {
    v1::PlaceOrderRequest request;
    request.set_request_id(request_id);
    request.set_customer(customer);
    request.set_currency("GBP");
    v1::OrderLine& line = *request.add_lines();
    line.set_sku("TEA");
    line.set_quantity(quantity);
    line.mutable_unit_price()->set_units(3);
    return request;
  }
  v1::PlaceOrderResponse Place(const v1::PlaceOrderRequest& request) {
    v1::PlaceOrderResponse response;
    const grpc::Status status =
        Call(&v1::OrderService::Stub::PlaceOrder, instance->stub(), request, response);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return response;
  }
  v1::CancelOrderResponse Cancel(const std::string& order_id, const std::string& request_id) {
    v1::CancelOrderRequest request;
    request.set_order_id(order_id);
    request.set_request_id(request_id);
    request.set_reason("Ada moved house");
    v1::CancelOrderResponse response;
    const grpc::Status status =
        Call(&v1::OrderService::Stub::CancelOrder, instance->stub(), request, response);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return response;
  }
  std::vector<v1::Order> List(const std::string& customer) {
    v1::ListOrdersRequest request;
    request.set_customer(customer);
    request.set_page_size(1000);
    v1::ListOrdersResponse response;
    EXPECT_TRUE(
        Call(&v1::OrderService::Stub::ListOrders, instance->stub(), request, response).ok());
    return {response.orders().begin(), response.orders().end()};
  }
  // All steps; returns their sum.
  ops::v1::EraseCustomerResponse Erase(const std::string& customer) {
    ops::v1::EraseCustomerResponse sum;
    ops::v1::EraseCustomerRequest request;
    request.set_customer(customer);
    do {
      ops::v1::EraseCustomerResponse step;
      const grpc::Status status =
          Call(&ops::v1::PrivacyService::Stub::EraseCustomer, *privacy, request, step);
      EXPECT_TRUE(status.ok()) << status.error_message();
      sum.set_orders(sum.orders() + step.orders());
      sum.set_outbox_events(sum.outbox_events() + step.outbox_events());
      request.set_page_token(step.next_page_token());
    } while (!request.page_token().empty());
    return sum;
  }
  std::vector<std::string> Payloads() {
    std::vector<std::string> payloads;
    EXPECT_OK(instance->database().Run(
        db::Mode::kRead, absl::Now() + absl::Seconds(30), [&](db::Transaction& transaction) {
          return transaction.Query<db::Bytes>(
              fixture::sql::kListPayloads, db::Params{},
              [&](db::Bytes payload) { payloads.push_back(std::move(payload.data)); });
        }));
    return payloads;
  }

  std::unique_ptr<Instance> instance;
  std::unique_ptr<ops::v1::PrivacyService::Stub> privacy;
};
INSTANTIATE_ON_EVERY_DATABASE(ErasureTest);

TEST_P(ErasureTest, ReachesOrdersAndEventsAndNothingElse) {
  const v1::Order first = Place(Order("ada lovelace")).order();
  Place(Order("bob"));
  Cancel(first.order_id(), "");
  Place(Order("ada lovelace"));
  const ops::v1::EraseCustomerResponse erased = Erase("ada lovelace");
  EXPECT_EQ(erased.orders(), 2);
  EXPECT_EQ(erased.outbox_events(), 3);
  EXPECT_THAT(List("ada lovelace"), SizeIs(0));
  EXPECT_THAT(List("bob"), SizeIs(1));
  const std::vector<v1::Order> orders = List(bus::kErased);
  ASSERT_THAT(orders, SizeIs(2));
  EXPECT_EQ(orders[0].order_id(), first.order_id());
  EXPECT_EQ(orders[0].cancel_reason(), "");
  EXPECT_EQ(orders[0].total().units(), 6);
  EXPECT_EQ(orders[0].lines_size(), 1);
  EXPECT_THAT(Payloads(), SizeIs(4));
  EXPECT_THAT(Payloads(), Each(Not(HasSubstr("lovelace"))));
  EXPECT_THAT(Payloads(), Each(Not(HasSubstr("moved house"))));
  const ops::v1::EraseCustomerResponse again = Erase("ada lovelace");
  EXPECT_EQ(again.orders() + again.outbox_events(), 0);
}

TEST_P(ErasureTest, ARepeatedRequestIdGivesTheSameOrderAndTokenAfterwards) {
  const v1::PlaceOrderResponse placed = Place(Order("ada", "r-1"));
  const v1::CancelOrderResponse cancelled = Cancel(placed.order().order_id(), "c-1");
  Erase("ada");
  const v1::PlaceOrderResponse again = Place(Order("ada", "r-1"));
  EXPECT_EQ(again.order().order_id(), placed.order().order_id());
  EXPECT_EQ(again.consistency_token(), placed.consistency_token());
  EXPECT_EQ(again.order().customer(), bus::kErased);
  const v1::CancelOrderResponse cancelled_again = Cancel(placed.order().order_id(), "c-1");
  EXPECT_EQ(cancelled_again.consistency_token(), cancelled.consistency_token());
  EXPECT_THAT(List("ada"), SizeIs(0));
}

TEST_P(ErasureTest, AnErasedOrderCanBeCancelledAndItsEventNamesNobody) {
  const v1::Order order = Place(Order("ada lovelace")).order();
  Erase("ada lovelace");
  EXPECT_EQ(Cancel(order.order_id(), "").order().state(), v1::Order::STATE_CANCELLED);
  EXPECT_THAT(Payloads(), Each(Not(HasSubstr("lovelace"))));
}

TEST_P(ErasureTest, GoesOnUntilNothingIsLeftHoweverManyOrders) {
  for (int i = 0; i < 450; ++i) Place(Order(i % 3 == 0 ? "bob" : "ada"));
  EXPECT_EQ(Erase("ada").orders(), 300);
  EXPECT_THAT(List("ada"), SizeIs(0));
  EXPECT_THAT(List("bob"), SizeIs(150));
}

TEST_P(ErasureTest, NamesWhatIsWrong) {
  ops::v1::EraseCustomerResponse response;
  const grpc::Status status =
      Call(&ops::v1::PrivacyService::Stub::EraseCustomer, *privacy, {}, response);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
}

}  // namespace
}  // namespace tally::orders
