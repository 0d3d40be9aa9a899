#include "order_service/store/order_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "common/base/clock.h"
#include "common/base/status_macros.h"
#include "common/base/uuid_v7_source.h"
#include "common/db/error.h"
#include "common/telemetry/telemetry.h"
#include "tests/testkit/database_urls.h"
#include "tests/testkit/status_matchers.h"

namespace tally::orders {
namespace {

using testing::AllOf;
using testing::Each;
using testing::ElementsAre;
using testing::Field;
using testing::IsEmpty;
using testing::SizeIs;

const absl::Time kMorning = absl::FromUnixSeconds(1'291'191'960);
const base::Uuid kLane = *base::Uuid::Parse("01932b5c-7a3e-7c52-9d5e-3f6a1b2c4d5e");

class OrderStoreTest : public testing::TestWithParam<testkit::DatabaseKind> {
 protected:
  void SetUp() override {
    ASSERT_OK_AND_ASSIGN(const std::string url, GetParam().MakeUrl());
    ASSERT_OK_AND_ASSIGN(database, db::Database::Open({.url = url}, clock, telemetry));
    ASSERT_OK(OrderStore::Migrate(*database));
  }

  StoredOrder Draft(const std::string& request_id, absl::Time place_time = kMorning) {
    StoredOrder draft;
    draft.request_id = request_id;
    draft.fingerprint = std::string("\0fingerprint\xff", 13);
    Order& order = draft.order;
    order.order_id = ids.Next();
    order.customer = "17850";
    order.currency = "GBP";
    order.lines = {
        {"85123A", "HOLDER, \"WHITE\" £", 6, *base::Money::Create("GBP", 2, 550'000'000)}};
    order.total = *base::Money::Create("GBP", 15, 300'000'000);
    order.place_time = place_time;
    order.create_time = kMorning + absl::Microseconds(1);
    order.placed_event = {kLane, ++sequence};
    return draft;
  }

  absl::Status Insert(const std::vector<StoredOrder>& drafts) {
    std::vector<const StoredOrder*> pointers;
    for (const StoredOrder& draft : drafts) pointers.push_back(&draft);
    return database->Run(db::Mode::kWrite, Deadline(), [&](db::Transaction& transaction) {
      return store.Insert(transaction, kLane, pointers);
    });
  }

  std::vector<StoredOrder> FindPlaced(const StoredOrder& draft) {
    std::vector<StoredOrder> found;
    const StoredOrder* pointer = &draft;
    EXPECT_OK(database->Run(db::Mode::kRead, Deadline(),
                            [&](db::Transaction& transaction) -> absl::Status {
                              ASSIGN_OR_RETURN(found, store.FindPlaced(transaction, {pointer}));
                              return absl::OkStatus();
                            }));
    return found;
  }

  std::vector<base::Uuid> List(const OrderFilter& filter, std::optional<OrderCursor> after = {},
                               int orders_max = 100) {
    std::vector<base::Uuid> ids_found;
    EXPECT_OK(database->Run(db::Mode::kRead, Deadline(),
                            [&](db::Transaction& transaction) -> absl::Status {
                              auto result = store.List(transaction, filter, after, orders_max);
                              if (!result.ok()) return result.status();
                              for (const Order& order : *result)
                                ids_found.push_back(order.order_id);
                              return absl::OkStatus();
                            }));
    return ids_found;
  }

  absl::Time Deadline() { return clock.Now() + absl::Seconds(20); }

  base::SystemClock clock;
  telemetry::Telemetry telemetry{telemetry::LogFormat::kText, telemetry::LogLevel::kError, "test"};
  std::unique_ptr<db::Database> database;
  base::UuidV7Source ids{clock};
  int64_t sequence = 0;
  OrderStore store;
};
INSTANTIATE_ON_EVERY_DATABASE(OrderStoreTest);

TEST_P(OrderStoreTest, GivesAnOrderBackAsItWas) {
  const StoredOrder draft = Draft("536365");
  ASSERT_OK(Insert({draft}));
  std::optional<Order> found;
  ASSERT_OK(
      database->Run(db::Mode::kRead, Deadline(), [&](db::Transaction& transaction) -> absl::Status {
        ASSIGN_OR_RETURN(found, store.Find(transaction, draft.order.order_id));
        return absl::OkStatus();
      }));
  ASSERT_TRUE(found.has_value());
  EXPECT_EQ(found->customer, draft.order.customer);
  EXPECT_EQ(found->lines, draft.order.lines);
  EXPECT_EQ(found->total, draft.order.total);
  EXPECT_EQ(found->place_time, draft.order.place_time);
  EXPECT_EQ(found->create_time, draft.order.create_time);
  EXPECT_EQ(found->placed_event, draft.order.placed_event);
  EXPECT_EQ(found->state, OrderState::kPlaced);
  EXPECT_EQ(found->version, 1);
}

TEST_P(OrderStoreTest, InsertsNoneOfSeveralWhereARequestIdIsTaken) {
  ASSERT_OK(Insert({Draft("a")}));
  EXPECT_EQ(db::KindOf(Insert({Draft("b"), Draft("a")})), db::ErrorKind::kUnique);
  EXPECT_THAT(List({}), SizeIs(1));
}

TEST_P(OrderStoreTest, InsertsNoOrderTwice) {
  const StoredOrder draft = Draft("");
  ASSERT_OK(Insert({draft}));
  EXPECT_EQ(db::KindOf(Insert({draft})), db::ErrorKind::kUnique);
}

TEST_P(OrderStoreTest, TakesAnyNumberOfOrdersWithoutRequestId) {
  ASSERT_OK(Insert({Draft(""), Draft(""), Draft("")}));
  EXPECT_THAT(List({}), SizeIs(3));
}

TEST_P(OrderStoreTest, KeepsTheRequestIdsOfCallersApart) {
  StoredOrder alice = Draft("a"), bob = Draft("a");
  alice.caller = "alice";
  bob.caller = "bob";
  ASSERT_OK(Insert({alice, bob}));
  EXPECT_THAT(FindPlaced(alice),  // under its id and under its request_id, both itself
              AllOf(SizeIs(2), Each(Field(&StoredOrder::caller, "alice"))));
  EXPECT_EQ(db::KindOf(Insert({alice})), db::ErrorKind::kUnique);
}

TEST_P(OrderStoreTest, ARequestIdWithoutACallerIsEveryones) {
  ASSERT_OK(Insert({Draft("a")}));
  StoredOrder alice = Draft("a");
  alice.caller = "alice";
  EXPECT_EQ(db::KindOf(Insert({alice})), db::ErrorKind::kUnique);
  EXPECT_THAT(FindPlaced(alice), ElementsAre(Field(&StoredOrder::caller, "")));
}

TEST_P(OrderStoreTest, FindsWhatWasPlacedUnderARequestIdOrAnId) {
  const StoredOrder placed = Draft("a");
  ASSERT_OK(Insert({placed}));
  const std::vector<StoredOrder> found = FindPlaced(Draft("a"));
  ASSERT_THAT(found, SizeIs(1));
  EXPECT_EQ(found[0].order.order_id, placed.order.order_id);
  EXPECT_EQ(found[0].request_id, "a");
  EXPECT_EQ(found[0].fingerprint, placed.fingerprint);
  EXPECT_THAT(FindPlaced(Draft("b")), IsEmpty());
  StoredOrder again = Draft("");
  again.order.order_id = placed.order.order_id;
  EXPECT_THAT(FindPlaced(again), SizeIs(1));
}

TEST_P(OrderStoreTest, ListsByPlaceTimeAndThenById) {
  const StoredOrder late = Draft("", kMorning + absl::Seconds(2)), early = Draft("", kMorning),
                    same = Draft("", kMorning);
  ASSERT_OK(Insert({late, same, early}));
  OrderFilter filter;
  EXPECT_THAT(List(filter),
              ElementsAre(early.order.order_id, same.order.order_id, late.order.order_id));
  filter.newest_first = true;
  EXPECT_THAT(List(filter),
              ElementsAre(late.order.order_id, same.order.order_id, early.order.order_id));
}

TEST_P(OrderStoreTest, FiltersNarrowTogether) {
  StoredOrder ada = Draft("", kMorning), later = Draft("", kMorning + absl::Hours(1));
  ada.order.customer = later.order.customer = "ada";
  ASSERT_OK(Insert({ada, later, Draft("", kMorning)}));
  OrderFilter filter;
  filter.customer = "ada";
  EXPECT_THAT(List(filter), ElementsAre(ada.order.order_id, later.order.order_id));
  filter.start_time = kMorning + absl::Hours(1);
  EXPECT_THAT(List(filter), ElementsAre(later.order.order_id));
  filter.start_time = kMorning;
  filter.end_time = kMorning + absl::Hours(1);
  EXPECT_THAT(List(filter), ElementsAre(ada.order.order_id));
  filter.state = OrderState::kPlaced;
  EXPECT_THAT(List(filter), SizeIs(1));
  filter.state = OrderState::kCancelled;
  EXPECT_THAT(List(filter), IsEmpty());
}

TEST_P(OrderStoreTest, ListsCancelledOrdersAlone) {
  std::vector<StoredOrder> drafts;
  for (int i = 0; i < 6; ++i) drafts.push_back(Draft("", kMorning + absl::Seconds(i)));
  ASSERT_OK(Insert(drafts));
  std::vector<base::Uuid> expected;
  for (const int i : {1, 3, 4}) {
    drafts[i].order.version = 2;
    drafts[i].order.cancellation = {kMorning, "", {kLane, ++sequence}};
    expected.push_back(drafts[i].order.order_id);
    ASSERT_OK(database->Run(db::Mode::kWrite, Deadline(), [&](db::Transaction& transaction) {
      return store.Cancel(transaction, kLane, {&drafts[i]});
    }));
  }
  OrderFilter filter;
  filter.state = OrderState::kCancelled;
  EXPECT_EQ(List(filter), expected);
  EXPECT_THAT(List(filter, OrderCursor{kMorning + absl::Seconds(1), expected[0]}, 1),
              ElementsAre(expected[1]));
  filter.end_time = kMorning + absl::Seconds(4);
  filter.newest_first = true;
  EXPECT_THAT(List(filter), ElementsAre(expected[1], expected[0]));
  filter.state = OrderState::kPlaced;
  EXPECT_THAT(List(filter), SizeIs(2));
}

TEST_P(OrderStoreTest, PagesMeetEveryOrderOnceThoughOthersArrive) {
  for (const bool newest_first : {false, true}) {
    OrderFilter filter;
    filter.newest_first = newest_first;
    filter.customer = newest_first ? "down" : "up";
    std::vector<base::Uuid> placed, met;
    const auto place = [&](absl::Time time) {
      StoredOrder draft = Draft("", time);
      draft.order.customer = filter.customer;
      ASSERT_OK(Insert({draft}));
      placed.push_back(draft.order.order_id);
    };
    // Several at one time, on both sides of a page's end.
    for (int i = 0; i < 10; ++i) place(kMorning + absl::Seconds(i / 4));
    const std::vector<base::Uuid> before = List(filter);
    std::optional<OrderCursor> after;
    for (;;) {
      const std::vector<base::Uuid> page = List(filter, after, 3);
      if (page.empty()) break;
      EXPECT_LE(page.size(), 3);
      met.insert(met.end(), page.begin(), page.end());
      std::optional<Order> last;
      ASSERT_OK(database->Run(db::Mode::kRead, Deadline(),
                              [&](db::Transaction& transaction) -> absl::Status {
                                last = *store.Find(transaction, page.back());
                                return absl::OkStatus();
                              }));
      after = OrderCursor{last->place_time, last->order_id};
      place(newest_first ? kMorning + absl::Hours(1) : kMorning - absl::Hours(1));  // behind us
    }
    EXPECT_EQ(met, before);
  }
}

}  // namespace
}  // namespace tally::orders
