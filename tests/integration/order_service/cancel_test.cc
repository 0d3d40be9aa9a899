#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <chrono>
#include <future>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "common/base/consistency_token.h"
#include "common/rpc/error_details.h"
#include "tally/events/v1/order_events.pb.h"
#include "tests/integration/order_service/fixture_sql.h"
#include "tests/integration/order_service/instance.h"
#include "tests/testkit/database_urls.h"
#include "tests/testkit/status_matchers.h"

namespace tally::orders {
namespace {

void SetDeadline(grpc::ClientContext& context) {
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(30));
}

struct Answer {
  grpc::Status status;
  v1::CancelOrderResponse response;
};

class CancelTest : public testing::TestWithParam<testkit::DatabaseKind> {
 protected:
  void SetUp() override {
    ASSERT_OK_AND_ASSIGN(url, GetParam().MakeUrl());
    instance = std::make_unique<Instance>(url);
  }

  v1::Order Place(const std::string& request_id = "") {
    v1::PlaceOrderRequest request;
    request.set_request_id(request_id);
    request.set_customer("ada");
    request.set_currency("GBP");
    v1::OrderLine& line = *request.add_lines();
    line.set_sku("TEA");
    line.set_quantity(2);
    line.mutable_unit_price()->set_units(3);
    grpc::ClientContext context;
    SetDeadline(context);
    v1::PlaceOrderResponse response;
    const grpc::Status status = instance->stub().PlaceOrder(&context, request, &response);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return response.order();
  }

  static v1::CancelOrderRequest Request(const v1::Order& order, const std::string& request_id = "",
                                        const std::string& reason = "changed my mind") {
    v1::CancelOrderRequest request;
    request.set_order_id(order.order_id());
    request.set_request_id(request_id);
    request.set_reason(reason);
    return request;
  }

  static Answer Cancel(Instance& at, const v1::CancelOrderRequest& request) {
    grpc::ClientContext context;
    SetDeadline(context);
    Answer answer;
    answer.status = at.stub().CancelOrder(&context, request, &answer.response);
    return answer;
  }
  Answer Cancel(const v1::CancelOrderRequest& request) { return Cancel(*instance, request); }

  v1::Order Get(const std::string& order_id) {
    grpc::ClientContext context;
    SetDeadline(context);
    v1::GetOrderRequest request;
    request.set_order_id(order_id);
    v1::GetOrderResponse response;
    EXPECT_TRUE(instance->stub().GetOrder(&context, request, &response).ok());
    return response.order();
  }

  events::v1::OrderCancelled EventAt(const std::string& token_text) {
    events::v1::OrderCancelled event;
    const auto token = base::ConsistencyToken::Parse(token_text);
    EXPECT_OK(token);
    EXPECT_OK(instance->database().Run(
        db::Mode::kRead, absl::Now() + absl::Seconds(30), [&](db::Transaction& transaction) {
          return transaction.Query<std::string, std::string, db::Bytes>(
              fixture::sql::kFindEvent,
              {{"lane_id", token->lane_id.ToString()}, {"sequence", token->sequence}},
              [&](const std::string& type, const std::string&, const db::Bytes& payload) {
                EXPECT_EQ(type, "tally.events.v1.OrderCancelled");
                EXPECT_TRUE(event.ParseFromString(payload.data));
              });
        }));
    return event;
  }
  int64_t CancellationEvents() {
    int64_t count = -1;
    EXPECT_OK(instance->database().Run(
        db::Mode::kRead, absl::Now() + absl::Seconds(30), [&](db::Transaction& transaction) {
          return transaction.Query<int64_t>(fixture::sql::kCountCancellationEvents, {},
                                            [&](int64_t found) { count = found; });
        }));
    return count;
  }

  std::string url;
  std::unique_ptr<Instance> instance;
};
INSTANTIATE_ON_EVERY_DATABASE(CancelTest);

TEST_P(CancelTest, CancelsAnOrderAndTellsOfIt) {
  const v1::Order placed = Place();
  v1::CancelOrderRequest request = Request(placed, "c1");
  request.set_etag(placed.etag());
  const Answer answer = Cancel(request);
  ASSERT_TRUE(answer.status.ok()) << answer.status.error_message();
  const v1::Order& order = answer.response.order();
  EXPECT_EQ(order.state(), v1::Order::STATE_CANCELLED);
  EXPECT_EQ(order.version(), 2);
  EXPECT_NE(order.etag(), placed.etag());
  EXPECT_EQ(order.cancel_reason(), "changed my mind");
  EXPECT_EQ(order.history_size(), 2);
  EXPECT_EQ(Get(placed.order_id()).SerializeAsString(), order.SerializeAsString());

  const events::v1::OrderCancelled event = EventAt(answer.response.consistency_token());
  EXPECT_EQ(event.before().state(), events::v1::OrderSnapshot::STATE_PLACED);
  EXPECT_EQ(event.before().version(), 1);
  EXPECT_EQ(event.before().lines_size(), 0);
  EXPECT_EQ(event.after().state(), events::v1::OrderSnapshot::STATE_CANCELLED);
  EXPECT_EQ(event.after().version(), 2);
  EXPECT_EQ(event.after().lines_size(), 1);
  EXPECT_EQ(event.after().total().units(), 6);
  EXPECT_EQ(event.reason(), "changed my mind");
  EXPECT_EQ(event.cancel_time().seconds(), order.update_time().seconds());
}

TEST_P(CancelTest, CancellingTwiceReturnsTheCancelledOrderWhateverTheEtag) {
  const v1::Order placed = Place();
  const Answer first = Cancel(Request(placed, "", "one"));
  v1::CancelOrderRequest request = Request(placed, "later", "two");
  request.set_etag(placed.etag());
  const Answer second = Cancel(request);
  ASSERT_TRUE(second.status.ok()) << second.status.error_message();
  EXPECT_EQ(second.response.SerializeAsString(), first.response.SerializeAsString());
  EXPECT_EQ(CancellationEvents(), 1);
}

TEST_P(CancelTest, AStaleEtagChangesNothing) {
  const v1::Order placed = Place();
  v1::CancelOrderRequest request = Request(placed);
  request.set_etag("v7");
  const Answer answer = Cancel(request);
  EXPECT_EQ(answer.status.error_code(), grpc::StatusCode::ABORTED);
  EXPECT_EQ(rpc::DetailsOf(answer.status).reason, "ETAG_STALE");
  EXPECT_EQ(Get(placed.order_id()).state(), v1::Order::STATE_PLACED);
  EXPECT_EQ(CancellationEvents(), 0);
}

TEST_P(CancelTest, ARepeatedRequestIdGivesTheSameAnswerAndOtherContentIsRefused) {
  const v1::Order placed = Place("id");  // the same id as below: another kind of command
  const v1::Order other = Place();
  const Answer first = Cancel(Request(placed, "id"));
  ASSERT_TRUE(first.status.ok()) << first.status.error_message();
  EXPECT_EQ(Cancel(Request(placed, "id")).response.SerializeAsString(),
            first.response.SerializeAsString());
  for (const v1::CancelOrderRequest& request :
       {Request(placed, "id", "another reason"), Request(other, "id")}) {
    const Answer answer = Cancel(request);
    EXPECT_EQ(answer.status.error_code(), grpc::StatusCode::ALREADY_EXISTS);
    EXPECT_EQ(rpc::DetailsOf(answer.status).reason, "REQUEST_ID_REUSED");
  }
  EXPECT_EQ(Get(other.order_id()).state(), v1::Order::STATE_PLACED);
  EXPECT_EQ(CancellationEvents(), 1);
}

TEST_P(CancelTest, WhatIsWrongIsNamed) {
  v1::Order unknown;
  unknown.set_order_id("01932b5c-7a3e-7c52-9d5e-3f6a1b2c4d5e");
  const Answer missing = Cancel(Request(unknown));
  EXPECT_EQ(missing.status.error_code(), grpc::StatusCode::NOT_FOUND);
  EXPECT_EQ(rpc::DetailsOf(missing.status).reason, "ORDER_NOT_FOUND");

  v1::CancelOrderRequest request;
  request.set_order_id("17");
  request.set_etag("a b");
  request.set_request_id("\n");
  request.set_reason(std::string(257, 'r'));
  const Answer refused = Cancel(request);
  EXPECT_EQ(refused.status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  std::set<std::string> fields;
  for (const auto& violation : rpc::DetailsOf(refused.status).violations) {
    fields.insert(violation.field);
  }
  EXPECT_THAT(fields, testing::ElementsAre("etag", "order_id", "reason", "request_id"));
}

TEST_P(CancelTest, CancelsAtTheSameMomentCancelOnce) {
  std::vector<std::unique_ptr<Instance>> instances;
  instances.push_back(std::move(instance));
  if (absl::string_view(GetParam().name) == "Postgres") {
    instances.push_back(std::make_unique<Instance>(url));
  }
  instance = std::move(instances.front());
  instances.front() = nullptr;
  std::vector<v1::Order> orders;
  for (int i = 0; i < 20; ++i) orders.push_back(Place());
  std::vector<std::future<Answer>> answers;
  for (int attempt = 0; attempt < 4; ++attempt) {
    for (size_t i = 0; i < orders.size(); ++i) {
      Instance& at = attempt % 2 && instances.size() > 1 ? *instances.back() : *instance;
      // Back and forth, so that the batches of the two lock in opposite orders if they do not sort.
      const v1::Order& order = orders[attempt % 2 ? i : orders.size() - 1 - i];
      answers.push_back(std::async(
          std::launch::async, [&at, request = Request(order)] { return Cancel(at, request); }));
    }
  }
  std::map<std::string, std::set<std::string>> tokens;
  for (std::future<Answer>& future : answers) {
    const Answer answer = future.get();
    ASSERT_TRUE(answer.status.ok()) << answer.status.error_message();
    tokens[answer.response.order().order_id()].insert(answer.response.consistency_token());
  }
  EXPECT_EQ(tokens.size(), orders.size());
  for (const auto& [order_id, of_order] : tokens) EXPECT_EQ(of_order.size(), 1) << order_id;
  EXPECT_EQ(CancellationEvents(), 20);
}

}  // namespace
}  // namespace tally::orders
