// Events that are made again from the orders are those that were published.

#include "order_service/service/order_archive.h"

#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/bus/personal_data.h"
#include "common/outbox/lane_store.h"
#include "tally/events/v1/order_events.pb.h"
#include "tests/integration/order_service/fixture_sql.h"
#include "tests/integration/order_service/instance.h"
#include "tests/testkit/database_urls.h"
#include "tests/testkit/status_matchers.h"

namespace tally::orders {
namespace {

using outbox::OutboxEvent;
using testing::IsEmpty;
using testing::SizeIs;

constexpr int64_t kMany = 1'000;
constexpr int64_t kLarge = 64 << 20;

class OrderArchiveTest : public testing::TestWithParam<testkit::DatabaseKind> {
 protected:
  void SetUp() override {
    ASSERT_OK_AND_ASSIGN(const std::string url, GetParam().MakeUrl());
    instance = std::make_unique<Instance>(url);
    lanes = std::make_unique<outbox::LaneStore>(
        outbox::LaneStoreOptions{.stream = "ORDERS", .holder = "test"}, instance->database());
  }

  template <typename Request, typename Response>
  Response Call(grpc::Status (v1::OrderService::Stub::*method)(grpc::ClientContext*, const Request&,
                                                               Response*),
                const Request& request) {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(30));
    Response response;
    const grpc::Status status = (instance->stub().*method)(&context, request, &response);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return response;
  }
  std::string Place(int lines, bool imported = false) {
    v1::PlaceOrderRequest request;
    request.set_customer("grace");
    request.set_currency("GBP");
    if (imported) request.mutable_place_time()->set_seconds(1'291'000'000);
    for (int i = 0; i < lines; ++i) {
      v1::OrderLine& line = *request.add_lines();
      line.set_sku(absl::StrCat("TEA-", i));
      line.set_description("loose");
      line.set_quantity(i + 1);
      line.mutable_unit_price()->set_units(i);
      line.mutable_unit_price()->set_nanos(990'000'000);
    }
    return Call(&v1::OrderService::Stub::PlaceOrder, request).order().order_id();
  }
  void Cancel(const std::string& order_id) {
    v1::CancelOrderRequest request;
    request.set_order_id(order_id);
    request.set_reason("too late");
    Call(&v1::OrderService::Stub::CancelOrder, request);
  }

  absl::Time Soon() { return absl::Now() + absl::Seconds(30); }
  // What stands in the outbox, by lane.
  std::map<std::string, std::vector<OutboxEvent>> Written() {
    std::vector<std::string> lane_ids;
    EXPECT_OK(instance->database().Run(db::Mode::kRead, Soon(), [&](db::Transaction& transaction) {
      return transaction.Query<std::string>(fixture::sql::kListLanes, {}, [&](std::string lane_id) {
        lane_ids.push_back(std::move(lane_id));
      });
    }));
    std::map<std::string, std::vector<OutboxEvent>> written;
    for (const std::string& lane_id : lane_ids) {
      written[lane_id] = lanes->Read(lane_id, {1, kMany}, kMany, kLarge, Soon()).value();
    }
    return written;
  }
  std::vector<OutboxEvent> MadeAgain(const std::string& lane_id, base::SequenceRange range,
                                     int64_t events_max = kMany, int64_t bytes_max = kLarge) {
    return instance->archive().Read(lane_id, range, events_max, bytes_max, Soon()).value();
  }

  std::unique_ptr<Instance> instance;
  std::unique_ptr<outbox::LaneStore> lanes;
};
INSTANTIATE_ON_EVERY_DATABASE(OrderArchiveTest);

TEST_P(OrderArchiveTest, EventsAreThoseThatWereWritten) {
  std::vector<std::string> orders;
  for (int i = 0; i < 20; ++i) {
    orders.push_back(Place(1 + i % 4, i % 3 == 0));
    if (i % 2 == 1) Cancel(orders[i / 2]);
  }
  int64_t events = 0;
  for (const auto& [lane_id, written] : Written()) {
    const std::vector<OutboxEvent> again = MadeAgain(lane_id, {1, kMany});
    ASSERT_THAT(again, SizeIs(written.size()));
    for (size_t i = 0; i < written.size(); ++i) {
      EXPECT_EQ(again[i].sequence, written[i].sequence);
      EXPECT_EQ(again[i].subject, written[i].subject);
      EXPECT_EQ(again[i].type, written[i].type);
      EXPECT_EQ(again[i].time, written[i].time);
      EXPECT_EQ(again[i].payload, written[i].payload);
      EXPECT_LT(absl::AbsDuration(again[i].record_time - written[i].record_time),
                absl::Seconds(60));
      ++events;
    }
  }
  EXPECT_EQ(events, 30);
}

TEST_P(OrderArchiveTest, GivesAsMuchOfARangeAsIsAskedFor) {
  for (int i = 0; i < 12; ++i) Cancel(Place(3));
  const std::map<std::string, std::vector<OutboxEvent>> all = Written();
  const auto& [lane_id, written] = *std::max_element(
      all.begin(), all.end(),
      [](const auto& a, const auto& b) { return a.second.size() < b.second.size(); });
  const auto last = static_cast<int64_t>(written.size());
  ASSERT_GE(last, 12);  // of 24, written by one writer or two
  const auto ends = [](const std::vector<OutboxEvent>& events) {
    return base::SequenceRange{events.front().sequence, events.back().sequence};
  };
  EXPECT_EQ(ends(MadeAgain(lane_id, {3, 8})), (base::SequenceRange{3, 8}));
  EXPECT_EQ(ends(MadeAgain(lane_id, {2, last}, 5)), (base::SequenceRange{2, 6}));
  EXPECT_EQ(ends(MadeAgain(lane_id, {4, last}, kMany, 1)), (base::SequenceRange{4, 4}));
  const std::vector<OutboxEvent> some = MadeAgain(lane_id, {1, last}, kMany, 500);
  EXPECT_LT(some.size(), written.size());
  size_t bytes = 0;
  for (const OutboxEvent& event : some) bytes += event.payload.size();
  EXPECT_GE(bytes, 500u);
  EXPECT_THAT(MadeAgain(lane_id, {last + 1, last + 100}), IsEmpty());
}

TEST_P(OrderArchiveTest, WhatWasErasedStaysErased) {
  Cancel(Place(1));
  const OrderEraser::Step erased =
      OrderEraser(instance->database()).Erase("grace", 10, Soon()).value();
  EXPECT_EQ(erased.orders, 1);
  int events = 0;
  for (const auto& [lane_id, written] : Written()) {
    for (const OutboxEvent& event : MadeAgain(lane_id, {1, kMany})) {
      // Not a name that an id could hold by chance.
      EXPECT_EQ(event.payload.find("grace"), std::string::npos);
      EXPECT_EQ(event.payload.find("too late"), std::string::npos);
      EXPECT_NE(event.payload.find(bus::kErased), std::string::npos);
      ++events;
    }
  }
  EXPECT_EQ(events, 2);
}

}  // namespace
}  // namespace tally::orders
