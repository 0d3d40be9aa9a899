// Who calls, where tokens are asked for: each caller has request_ids of its own, and none that was
// used before tokens were asked for does anything twice.

#include <gmock/gmock.h>

#include "common/rpc/error_details.h"
#include "gtest/gtest.h"
#include "tests/integration/order_service/instance.h"
#include "tests/integration/order_service/request.h"
#include "tests/testkit/database_urls.h"
#include "tests/testkit/status_matchers.h"
#include "tests/testkit/token_issuer.h"

namespace tally::orders {
namespace {

using testing::Not;
using testing::UnorderedElementsAre;

class CallersTest : public testing::TestWithParam<testkit::DatabaseKind> {
 protected:
  void SetUp() override {
    ASSERT_OK_AND_ASSIGN(url_, GetParam().MakeUrl());
    instance_ = std::make_unique<Instance>(url_);
  }

  // The service stops, and comes again asking for tokens.
  void AskForTokens() {
    instance_.reset();
    instance_ = std::make_unique<Instance>(url_, "nats://127.0.0.1:1", OrderServiceOptions(), 8192,
                                           issuer_.settings());
  }

  void Prepare(grpc::ClientContext& context, const std::string& caller, const std::string& scopes) {
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(30));
    if (caller.empty()) return;
    context.AddMetadata("authorization", "Bearer " + issuer_.Issue(caller, scopes));
  }

  // The order's id, or the reason of the error.
  std::string Place(const std::string& caller, const v1::PlaceOrderRequest& request,
                    const std::string& scopes = "orders.write") {
    grpc::ClientContext context;
    Prepare(context, caller, scopes);
    v1::PlaceOrderResponse response;
    const grpc::Status status = instance_->stub().PlaceOrder(&context, request, &response);
    return status.ok() ? response.order().order_id() : rpc::DetailsOf(status).reason;
  }

  // The same in bulk.
  std::vector<std::string> PlaceAll(const std::string& caller,
                                    const std::vector<v1::PlaceOrderRequest>& requests,
                                    const std::string& scopes = "orders.write") {
    grpc::ClientContext context;
    Prepare(context, caller, scopes);
    const auto stream = instance_->stub().PlaceOrders(&context);
    v1::PlaceOrdersRequest message;
    for (size_t i = 0; i < requests.size(); ++i) {
      v1::PlaceOrdersRequest::Item& item = *message.add_items();
      item.set_item_key(std::to_string(i));
      *item.mutable_order() = requests[i];
    }
    stream->Write(message);
    stream->WritesDone();
    std::vector<std::string> results(requests.size());
    v1::PlaceOrdersResponse response;
    while (stream->Read(&response)) {
      for (const v1::PlaceOrdersResponse::Result& result : response.results()) {
        results[std::stoul(result.item_key())] =
            result.has_placed() ? result.placed().order().order_id()
                                : rpc::DetailsOf(rpc::ToGrpcStatus(result.error())).reason;
      }
    }
    EXPECT_TRUE(stream->Finish().ok());
    return results;
  }

  std::string Cancel(const std::string& caller, const std::string& order_id,
                     const std::string& request_id, const std::string& reason) {
    grpc::ClientContext context;
    Prepare(context, caller, "orders.write");
    v1::CancelOrderRequest request;
    request.set_order_id(order_id);
    request.set_request_id(request_id);
    request.set_reason(reason);
    v1::CancelOrderResponse response;
    const grpc::Status status = instance_->stub().CancelOrder(&context, request, &response);
    return status.ok() ? response.order().order_id() : rpc::DetailsOf(status).reason;
  }

  const testkit::TokenIssuer issuer_;
  std::string url_;
  std::unique_ptr<Instance> instance_;
};
INSTANTIATE_ON_EVERY_DATABASE(CallersTest);

TEST_P(CallersTest, EachHasRequestIdsOfItsOwn) {
  AskForTokens();
  const std::string of_ada = Place("ada", Request("r1"));
  const std::string of_bob = Place("bob", Request("r1", 5));
  EXPECT_NE(of_ada, of_bob);
  EXPECT_EQ(Place("ada", Request("r1")), of_ada);
  EXPECT_EQ(Place("bob", Request("r1", 5)), of_bob);
  EXPECT_EQ(Place("ada", Request("r1", 5)), "REQUEST_ID_REUSED");

  EXPECT_EQ(Cancel("ada", of_ada, "c1", "late"), of_ada);
  EXPECT_EQ(Cancel("bob", of_bob, "c1", "wrong"), of_bob);
  EXPECT_EQ(Cancel("ada", of_bob, "c1", "late"), "REQUEST_ID_REUSED");
}

TEST_P(CallersTest, ARequestIdOfBeforeIsThatOrderStillWhoeverRepeatsIt) {
  const std::string before = Place("", Request("r1"));
  const std::string cancelled = Place("", Request("r2"));
  EXPECT_EQ(Cancel("", cancelled, "c1", "late"), cancelled);
  AskForTokens();
  EXPECT_EQ(Place("ada", Request("r1")), before);
  EXPECT_EQ(Place("bob", Request("r1")), before);
  EXPECT_EQ(Place("ada", Request("r1", 5)), "REQUEST_ID_REUSED");
  EXPECT_EQ(Cancel("ada", cancelled, "c1", "late"), cancelled);
  EXPECT_EQ(Cancel("ada", before, "c1", "late"), "REQUEST_ID_REUSED");

  const std::vector<std::string> mixed =
      PlaceAll("ada", {Request("new"), Request("r1"), Request("r2", 9), Request("")});
  EXPECT_EQ(mixed[1], before);
  EXPECT_EQ(mixed[2], "REQUEST_ID_REUSED");
  EXPECT_EQ(Place("ada", Request("new")), mixed[0]);
  EXPECT_THAT(Place("bob", Request("new")), Not(mixed[0]));
}

TEST_P(CallersTest, OnlyThoseWhoMayImportSayWhenAnOrderWasPlaced) {
  v1::PlaceOrderRequest request = Request("r1");
  request.mutable_place_time()->set_seconds(1'300'000'000);
  const std::string free = Place("", request);
  AskForTokens();
  EXPECT_EQ(Place("ada", request), "SCOPE_MISSING");
  EXPECT_EQ(Place("ada", request, "orders.write orders.import"), free);
  request.set_request_id("r2");
  EXPECT_EQ(PlaceAll("ada", {request, Request("r3", 0)}),
            (std::vector<std::string>{"SCOPE_MISSING", "INVALID_FIELDS"}));
  const std::vector<std::string> imported =
      PlaceAll("ada", {request, Request("r3")}, "orders.import orders.write");
  EXPECT_THAT(imported, UnorderedElementsAre(Place("ada", request, "orders.write orders.import"),
                                             Place("ada", Request("r3"))));
}

}  // namespace
}  // namespace tally::orders
