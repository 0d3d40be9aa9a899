#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/rpc/error_details.h"
#include "tests/integration/order_service/fixture_sql.h"
#include "tests/integration/order_service/instance.h"
#include "tests/integration/order_service/request.h"
#include "tests/testkit/database_urls.h"
#include "tests/testkit/eventually.h"
#include "tests/testkit/postgres_server.h"
#include "tests/testkit/status_matchers.h"

namespace tally::orders {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::Field;
using testing::SizeIs;
using testkit::kPatience;

using Result = v1::PlaceOrdersResponse::Result;
using Results = std::map<std::string, Result>;  // by item key

void SetDeadline(grpc::ClientContext& context, absl::Duration timeout) {
  context.set_deadline(std::chrono::system_clock::now() + absl::ToChronoNanoseconds(timeout));
}

void Add(v1::PlaceOrdersRequest& request, const std::string& key,
         const v1::PlaceOrderRequest& order) {
  v1::PlaceOrdersRequest::Item& item = *request.add_items();
  item.set_item_key(key);
  *item.mutable_order() = order;
}

v1::PlaceOrdersRequest One(const std::string& key, const v1::PlaceOrderRequest& order) {
  v1::PlaceOrdersRequest request;
  Add(request, key, order);
  return request;
}

// Keys and request ids PREFIX-0, -1, …
v1::PlaceOrdersRequest Many(const std::string& prefix, int count) {
  v1::PlaceOrdersRequest request;
  for (int i = 0; i < count; ++i) {
    const std::string name = absl::StrCat(prefix, "-", i);
    Add(request, name, Request(name));
  }
  return request;
}

struct Stream {
  explicit Stream(Instance& instance, absl::Duration timeout = kPatience)
      : calls((SetDeadline(context, timeout), instance.stub().PlaceOrders(&context))) {}

  // Until that many answers are there, or the stream ends.
  Results Read(size_t count) {
    Results results;
    v1::PlaceOrdersResponse response;
    while (results.size() < count && calls->Read(&response)) {
      EXPECT_GT(response.results_size(), 0);
      for (const Result& result : response.results()) {
        EXPECT_TRUE(results.emplace(result.item_key(), result).second) << "answered twice";
      }
    }
    return results;
  }
  Results ReadToTheEnd() { return Read(SIZE_MAX); }

  grpc::ClientContext context;
  const std::unique_ptr<grpc::ClientReaderWriter<v1::PlaceOrdersRequest, v1::PlaceOrdersResponse>>
      calls;
};

std::set<std::string> TokensOf(const Results& results) {
  std::set<std::string> tokens;
  for (const auto& [key, result] : results) {
    EXPECT_TRUE(result.has_placed()) << key << ": " << result.error().message();
    tokens.insert(result.placed().consistency_token());
  }
  return tokens;
}

class PlaceOrdersTest : public testing::TestWithParam<testkit::DatabaseKind> {
 protected:
  void SetUp() override {
    ASSERT_OK_AND_ASSIGN(url, GetParam().MakeUrl());
    instance = std::make_unique<Instance>(url);
  }

  int64_t Events() {
    int64_t count = -1;
    EXPECT_OK(instance->database().Run(
        db::Mode::kRead, absl::Now() + kPatience, [&](db::Transaction& transaction) {
          return transaction.Query<int64_t>(fixture::sql::kCountEvents, {},
                                            [&](int64_t found) { count = found; });
        }));
    return count;
  }

  std::vector<v1::Order> Orders() {
    std::vector<v1::Order> orders;
    v1::ListOrdersRequest request;
    request.set_page_size(1000);
    do {
      grpc::ClientContext context;
      SetDeadline(context, kPatience);
      v1::ListOrdersResponse page;
      EXPECT_TRUE(instance->stub().ListOrders(&context, request, &page).ok());
      orders.insert(orders.end(), page.orders().begin(), page.orders().end());
      request.set_page_token(page.next_page_token());
    } while (!request.page_token().empty());
    return orders;
  }

  std::string url;
  std::unique_ptr<Instance> instance;
};
INSTANTIATE_ON_EVERY_DATABASE(PlaceOrdersTest);

TEST_P(PlaceOrdersTest, AnswersEachItemWithItsKeyAndEndsAfterTheHalfClose) {
  Stream stream(*instance);
  for (int i = 0; i < 5; ++i) stream.calls->Write(Many(absl::StrCat("m", i), 100));
  stream.calls->WritesDone();
  const Results results = stream.ReadToTheEnd();
  EXPECT_TRUE(stream.calls->Finish().ok());
  EXPECT_THAT(results, SizeIs(500));
  EXPECT_THAT(TokensOf(results), SizeIs(500));
  const std::vector<v1::Order> orders = Orders();
  EXPECT_THAT(orders, SizeIs(500));
  EXPECT_EQ(Events(), 500);
  std::map<std::string, std::string> stored;
  for (const v1::Order& order : orders) stored[order.order_id()] = order.SerializeAsString();
  for (const auto& [key, result] : results) {
    const v1::Order& order = result.placed().order();
    EXPECT_EQ(order.SerializeAsString(), stored[order.order_id()]);
  }
}

TEST_P(PlaceOrdersTest, ABadItemFailsAloneAndTheStreamGoesOn) {
  Stream stream(*instance);
  v1::PlaceOrdersRequest request = One("good", Request("r1"));
  Add(request, "bad", Request("r2", 0));
  Add(request, "none", {});
  request.mutable_items()->rbegin()->clear_order();
  Add(request, "also good", Request("r3"));
  stream.calls->Write(request);
  const Results results = stream.Read(4);
  ASSERT_THAT(results, SizeIs(4));
  EXPECT_TRUE(results.at("good").has_placed());
  EXPECT_TRUE(results.at("also good").has_placed());
  const grpc::Status bad = rpc::ToGrpcStatus(results.at("bad").error());
  EXPECT_EQ(bad.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(rpc::DetailsOf(bad).domain, rpc::kErrorDomain);
  EXPECT_THAT(rpc::DetailsOf(bad).violations,
              ElementsAre(Field(&base::Violation::field, "lines[0].quantity")));
  EXPECT_THAT(rpc::DetailsOf(rpc::ToGrpcStatus(results.at("none").error())).violations,
              Contains(Field(&base::Violation::field, "customer")));
  stream.calls->Write(One("good", Request("r4")));
  stream.calls->WritesDone();
  EXPECT_THAT(stream.ReadToTheEnd(), SizeIs(1)) << "a key that was answered may be used again";
  EXPECT_TRUE(stream.calls->Finish().ok());
  EXPECT_THAT(Orders(), SizeIs(3));
}

TEST_P(PlaceOrdersTest, AWrongKeyEndsTheStreamAfterTheAnswersToWhatWasTaken) {
  Stream stream(*instance);
  stream.calls->Write(Many("fine", 20));
  v1::PlaceOrdersRequest twice = Many("twice", 2);
  Add(twice, "twice-0", Request("other"));
  stream.calls->Write(twice);
  stream.calls->Write(Many("late", 1));
  EXPECT_THAT(stream.ReadToTheEnd(), SizeIs(20));
  const grpc::Status status = stream.calls->Finish();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_THAT(rpc::DetailsOf(status).violations,
              ElementsAre(Field(&base::Violation::field, "items[2].item_key")));
  EXPECT_THAT(Orders(), SizeIs(20)) << "of the wrong message and those after it nothing is placed";
}

TEST_P(PlaceOrdersTest, OneRequestIdPlacesOneOrderInOneStreamAndInPlaceOrder) {
  grpc::ClientContext context;
  SetDeadline(context, kPatience);
  v1::PlaceOrderResponse placed;
  ASSERT_TRUE(instance->stub().PlaceOrder(&context, Request("before"), &placed).ok());

  Stream stream(*instance);
  v1::PlaceOrdersRequest request = One("a", Request("same"));
  Add(request, "b", Request("same"));
  Add(request, "c", Request("before"));
  Add(request, "d", Request("same", 7));
  stream.calls->Write(request);
  Results results = stream.Read(4);
  ASSERT_THAT(results, SizeIs(4));
  EXPECT_EQ(results["c"].placed().SerializeAsString(), placed.SerializeAsString());
  const Result conflict = std::move(results["d"]);
  results.erase("d");
  EXPECT_EQ(rpc::DetailsOf(rpc::ToGrpcStatus(conflict.error())).reason, "REQUEST_ID_REUSED");
  EXPECT_THAT(TokensOf(results), SizeIs(2));

  stream.calls->Write(One("a", Request("same")));
  const Results again = stream.Read(1);
  EXPECT_EQ(again.at("a").placed().SerializeAsString(), results["a"].placed().SerializeAsString());
  EXPECT_THAT(Orders(), SizeIs(2));
}

TEST_P(PlaceOrdersTest, WhatAClientThatVanishedSentIsThereWholeOrNotAndComesBackTheSame) {
  std::set<std::string> ids;
  for (int round = 0; round < 10; ++round) {
    Stream stream(*instance);
    for (int i = 0; i < 10; ++i) {
      stream.calls->Write(Many(absl::StrCat("round", round, "/", i), 20));
    }
    if (round % 2 == 0) stream.Read(1);
    stream.context.TryCancel();
  }
  // Also what was still on its way has come to its end.
  ASSERT_EVENTUALLY(
      instance->Metrics().find("tally_rpc_in_flight{method=\"tally.orders.v1.OrderService/"
                               "PlaceOrders\"} 0") != std::string::npos,
      kPatience);
  const std::vector<v1::Order> orders = Orders();
  EXPECT_EQ(Events(), static_cast<int64_t>(orders.size()));

  Stream repeated(*instance);
  for (int round = 0; round < 10; ++round) {
    for (int i = 0; i < 10; ++i) {
      repeated.calls->Write(Many(absl::StrCat("round", round, "/", i), 20));
    }
  }
  repeated.calls->WritesDone();
  const Results results = repeated.ReadToTheEnd();
  EXPECT_THAT(TokensOf(results), SizeIs(2000));
  for (const auto& [key, result] : results) ids.insert(result.placed().order().order_id());
  for (const v1::Order& order : orders) EXPECT_THAT(ids, Contains(order.order_id()));
  EXPECT_THAT(Orders(), SizeIs(2000));
  EXPECT_EQ(Events(), 2000);
}

TEST_P(PlaceOrdersTest, WhatAClientDoesNotReadIsBounded) {
  constexpr int kItems = 4000;
  instance = nullptr;
  instance = std::make_unique<Instance>(url, "nats://127.0.0.1:1",
                                        OrderServiceOptions{.stream = {.items_max = 50}});
  v1::PlaceOrderRequest large = Request("");
  large.mutable_lines(0)->set_description(std::string(256, 'd'));
  for (int i = 0; i < 30; ++i) *large.add_lines() = large.lines(0);
  Stream stream(*instance, absl::Minutes(2));
  std::thread writer([&] {
    for (int i = 0; i < kItems; ++i) stream.calls->Write(One(absl::StrCat(i), large));
    stream.calls->WritesDone();
  });
  int64_t last = -1;
  absl::Time still_since = absl::Now();
  EXPECT_EVENTUALLY(
      [&] {
        const int64_t events = Events();
        if (events != last) still_since = absl::Now();
        last = events;
        return last > 0 && absl::Now() - still_since > absl::Seconds(1);
      }(),
      kPatience);
  EXPECT_LT(last, kItems / 2) << "the rest waits at the client";
  EXPECT_THAT(stream.ReadToTheEnd(), SizeIs(kItems));
  writer.join();
  EXPECT_TRUE(stream.calls->Finish().ok());
  EXPECT_EQ(Events(), kItems);
}

TEST_P(PlaceOrdersTest, WhileStoppingItAnswersWhatItHasReadAndSaysSo) {
  Stream stream(*instance);
  stream.calls->Write(Many("before", 10));
  EXPECT_THAT(stream.Read(10), SizeIs(10));
  std::thread stop([&] { instance->StopServing(); });
  std::thread writer([&] {
    int written = 0;
    while (stream.calls->Write(Many(absl::StrCat("m", written), 5))) ++written;
  });
  const Results answered = stream.ReadToTheEnd();
  writer.join();
  const grpc::Status status = stream.calls->Finish();
  stop.join();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_EQ(rpc::DetailsOf(status).reason, "STOPPING");
  EXPECT_TRUE(rpc::DetailsOf(status).retry_delay.has_value());
  EXPECT_EQ(Events(), static_cast<int64_t>(10 + answered.size()))
      << "whatever was placed was answered";
}

TEST(PlaceOrdersOutageTest, AFullQueueRefusesItemsAndAnOutageLosesNone) {
  ASSERT_OK_AND_ASSIGN(const auto server, testkit::PostgresServer::Start());
  ASSERT_OK_AND_ASSIGN(const std::string url, server->CreateDatabase());
  Instance instance(url, "nats://127.0.0.1:1", {}, 10);
  Stream stream(instance);
  stream.calls->Write(Many("before", 10));
  EXPECT_THAT(stream.Read(10), SizeIs(10));
  ASSERT_OK(server->Stop());
  stream.calls->Write(Many("away", 100));
  const Results refused = stream.Read(1);
  ASSERT_THAT(refused, testing::Not(testing::IsEmpty()));
  for (const auto& [key, result] : refused) {
    const grpc::Status status = rpc::ToGrpcStatus(result.error());
    EXPECT_EQ(status.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
    EXPECT_EQ(rpc::DetailsOf(status).reason, "QUEUE_FULL");
    EXPECT_TRUE(rpc::DetailsOf(status).retry_delay.has_value());
  }
  ASSERT_OK(server->Restart());
  const Results rest = stream.Read(100 - refused.size());
  EXPECT_THAT(rest, SizeIs(100 - refused.size()));
  for (const auto& [key, result] : rest) EXPECT_TRUE(result.has_placed()) << key;
  stream.calls->WritesDone();
  EXPECT_TRUE(stream.calls->Finish().ok());
}

}  // namespace
}  // namespace tally::orders
