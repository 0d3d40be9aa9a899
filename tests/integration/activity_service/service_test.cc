#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <atomic>
#include <future>

#include "common/base/consistency_token.h"
#include "common/inbox/healing_store.h"
#include "common/rpc/error_details.h"
#include "tests/integration/activity_service/served_instance.h"
#include "tests/testkit/database_urls.h"
#include "tests/testkit/deliveries.h"
#include "tests/testkit/eventually.h"
#include "tests/testkit/nonsense_call.h"
#include "tests/testkit/postgres_server.h"
#include "tests/testkit/status_matchers.h"

namespace tally::activity {
namespace {

using absl::CivilDay;

void Set(CivilDay day, google::type::Date& date) {
  date.set_year(static_cast<int32_t>(day.year()));
  date.set_month(day.month());
  date.set_day(day.day());
}

v1::GetDailyActivityRequest DayRequest(CivilDay day, const std::string& zone = "") {
  v1::GetDailyActivityRequest request;
  Set(day, *request.mutable_date());
  request.set_time_zone(zone);
  return request;
}

std::string Token(int lane, int64_t sequence) {
  return base::ConsistencyToken{*base::Uuid::Parse(testkit::Lane(lane)), sequence}.Encode();
}

struct Answer {
  grpc::Status status;
  v1::GetDailyActivityResponse response;

  std::string reason() const { return rpc::DetailsOf(status).reason; }
};

Answer Get(ServedInstance& served, const v1::GetDailyActivityRequest& request,
           absl::Duration timeout = absl::Seconds(20)) {
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + absl::ToChronoNanoseconds(timeout));
  Answer answer;
  answer.status = served.stub().GetDailyActivity(&context, request, &answer.response);
  return answer;
}

class ServiceTest : public testing::TestWithParam<testkit::DatabaseKind> {
 protected:
  void SetUp() override {
    ASSERT_OK_AND_ASSIGN(const std::string url, GetParam().MakeUrl());
    served = std::make_unique<ServedInstance>(url);
  }
  Instance& instance() { return served->instance(); }

  std::unique_ptr<ServedInstance> served;
};
INSTANTIATE_ON_EVERY_DATABASE(ServiceTest);

TEST_P(ServiceTest, AnswersForADay) {
  ASSERT_OK(instance().Receive({Created(1, 1, kMorning, Money("GBP", 10, 500'000'000)),
                                Created(1, 2, kMorning, Money("GBP", 2)),
                                Cancelled(2, 1, kMorning, Money("GBP", 2)),
                                Created(1, 3, kMorning + absl::Hours(24), Money("GBP", 99))}));
  const Answer answer = Get(*served, DayRequest(CivilDay(2010, 12, 1)));
  ASSERT_TRUE(answer.status.ok()) << answer.status.error_message();
  const v1::DailyActivity& day = answer.response.day();
  EXPECT_EQ(day.orders_created(), 2);
  EXPECT_EQ(day.orders_cancelled(), 1);
  EXPECT_EQ(day.orders_net(), 1);
  ASSERT_EQ(day.revenue_size(), 1);
  EXPECT_EQ(day.revenue(0).net().units(), 10);
  EXPECT_EQ(day.revenue(0).net().nanos(), 500'000'000);
  EXPECT_EQ(day.time_zone(), "UTC");
}

TEST_P(ServiceTest, ADayIsThatOfTheTimeZone) {
  const absl::Time late = kMorning + absl::Hours(15);  // 23:00 in London, the next day in Berlin
  ASSERT_OK(instance().Receive({Created(1, 1, late, Money("GBP", 1))}));
  const auto created = [&](CivilDay day, const char* zone) {
    return Get(*served, DayRequest(day, zone)).response.day().orders_created();
  };
  EXPECT_EQ(created(CivilDay(2010, 12, 1), "Europe/London"), 1);
  EXPECT_EQ(created(CivilDay(2010, 12, 1), "Europe/Berlin"), 0);
  EXPECT_EQ(created(CivilDay(2010, 12, 2), "Europe/Berlin"), 1);
}

TEST_P(ServiceTest, ListsEveryDayOfARun) {
  ASSERT_OK(instance().Receive({Created(1, 1, kMorning, Money("GBP", 1)),
                                Created(1, 2, kMorning + 30 * absl::Hours(24), Money("EUR", 7))}));
  v1::ListDailyActivityRequest request;
  Set(CivilDay(2010, 12, 1), *request.mutable_start_date());
  Set(CivilDay(2010, 12, 1) + 399, *request.mutable_end_date());
  grpc::ClientContext context;
  v1::ListDailyActivityResponse response;
  ASSERT_TRUE(served->stub().ListDailyActivity(&context, request, &response).ok());
  ASSERT_EQ(response.days_size(), 400);
  for (int i = 0; i < 400; ++i) {
    EXPECT_EQ(response.days(i).orders_created(), i == 0 || i == 30 ? 1 : 0) << i;
  }
  EXPECT_EQ(response.days(31).date().day(), 1);
  EXPECT_EQ(response.days(30).revenue(0).currency(), "EUR");
}

TEST_P(ServiceTest, SaysHowFreshItIs) {
  served->SetProgress({.connected = true, .as_of = absl::Now() - absl::Seconds(3), .pending = 5});
  bus::Event noise = Created(1, 1, kMorning, Money("GBP", 1));
  noise.payload = "\xff\xff";
  ASSERT_OK(instance().Receive({noise}));
  const v1::Freshness freshness = Get(*served, {}).response.freshness();
  EXPECT_EQ(freshness.completeness(), v1::Freshness::COMPLETENESS_INCOMPLETE);
  EXPECT_EQ(freshness.pending_events(), 5);
  EXPECT_EQ(freshness.dead_letters(), 1);
  EXPECT_GE(freshness.lag().seconds(), 3);
}

TEST_P(ServiceTest, ATokenThatIsCountedIsAnsweredAtOnce) {
  ASSERT_OK(instance().Receive({Created(1, 1, kMorning, Money("GBP", 1))}));
  v1::GetDailyActivityRequest request = DayRequest(CivilDay(2010, 12, 1));
  request.set_consistency_token(Token(1, 1));
  EXPECT_EQ(Get(*served, request).response.day().orders_created(), 1);
}

TEST_P(ServiceTest, ATokenWaitsUntilItsEventIsCounted) {
  v1::GetDailyActivityRequest request = DayRequest(CivilDay(2010, 12, 1));
  request.set_consistency_token(Token(1, 2));
  auto waiting = std::async(std::launch::async, [&] { return Get(*served, request); });
  ASSERT_EVENTUALLY(served->TokenWaits() == 1, absl::Seconds(10));
  ASSERT_OK(instance().Receive({Created(1, 1, kMorning, Money("GBP", 1))}));
  EXPECT_EQ(served->TokenWaits(), 1);
  ASSERT_OK(instance().Receive({Created(1, 2, kMorning, Money("GBP", 1))}));
  const Answer answer = waiting.get();
  EXPECT_TRUE(answer.status.ok()) << answer.status.error_message();
  EXPECT_EQ(answer.response.day().orders_created(), 2);
}

TEST_P(ServiceTest, WaitsForATokenUntilTheDeadline) {
  v1::GetDailyActivityRequest request;
  request.set_consistency_token(Token(1, 1));
  EXPECT_EQ(Get(*served, request, absl::Milliseconds(300)).status.error_code(),
            grpc::StatusCode::DEADLINE_EXCEEDED);
  EXPECT_EVENTUALLY(served->TokenWaits() == 0, absl::Seconds(10));
}

TEST_P(ServiceTest, GivesATokenUpAfterTheLongestWait) {
  served = nullptr;
  served = std::make_unique<ServedInstance>(
      GetParam().MakeUrl().value(), TokenWaiterOptions{.wait_max = absl::Milliseconds(100)});
  v1::GetDailyActivityRequest request;
  request.set_consistency_token(Token(1, 1));
  const Answer answer = Get(*served, request);
  EXPECT_EQ(answer.status.error_code(), grpc::StatusCode::DEADLINE_EXCEEDED);
  EXPECT_EQ(answer.reason(), "NOT_COUNTED_YET");
}

TEST_P(ServiceTest, ATokenOfADeadEventIsAnErrorAtOnce) {
  bus::Event noise = Created(1, 1, kMorning, Money("GBP", 1));
  noise.payload = "\xff\xff";
  ASSERT_OK(instance().Receive({noise}));
  v1::GetDailyActivityRequest request;
  request.set_consistency_token(Token(1, 1));
  const Answer answer = Get(*served, request);
  EXPECT_EQ(answer.status.error_code(), grpc::StatusCode::FAILED_PRECONDITION);
  EXPECT_EQ(answer.reason(), "EVENT_DEAD");
}

TEST_P(ServiceTest, ATokenOfAParkedEventIsAnErrorAtOnce) {
  ASSERT_OK(instance().inbox_store.Register(absl::Now(), absl::Now() + absl::Seconds(10)));
  inbox::HealingStore healing(instance().inbox_store);
  ASSERT_OK(healing.AddFinding({.lane_id = testkit::Lane(1),
                                .range = {1, 1},
                                .source = "order_service",
                                .verdict = inbox::Finding::Verdict::kParked},
                               absl::Now() + absl::Seconds(10)));
  v1::GetDailyActivityRequest request;
  request.set_consistency_token(Token(1, 1));
  EXPECT_EQ(Get(*served, request).reason(), "EVENT_PARKED");
  EXPECT_EQ(Get(*served, {}).response.freshness().parked_events(), 1);

  ASSERT_OK(healing.SkipVoid("order_service", testkit::Lane(1), {1, 1}, "no use",
                             absl::Now() + absl::Seconds(10)));
  EXPECT_EQ(Get(*served, request).reason(), "EVENT_DISCARDED");
  EXPECT_EQ(Get(*served, {}).response.freshness().parked_events(), 0);
}

TEST_P(ServiceTest, AsksTheProducerWhileATokenWaits) {
  served = nullptr;
  std::atomic<int> inquiries = 0;
  served = std::make_unique<ServedInstance>(
      GetParam().MakeUrl().value(),
      TokenWaiterOptions{.inquire =
                             [&](const std::string& lane_id, int64_t sequence) {
                               EXPECT_EQ(lane_id, testkit::Lane(1));
                               EXPECT_EQ(sequence, 7);
                               ++inquiries;
                             },
                         .inquire_every = absl::Milliseconds(20)});
  v1::GetDailyActivityRequest request;
  request.set_consistency_token(Token(1, 7));
  auto waiting = std::async(std::launch::async, [&] { return Get(*served, request); });
  ASSERT_EVENTUALLY(inquiries >= 3, absl::Seconds(10));
  for (int64_t sequence = 1; sequence <= 7; ++sequence) {
    ASSERT_OK(instance().Receive({Created(1, sequence, kMorning, Money("GBP", 1))}));
  }
  EXPECT_TRUE(waiting.get().status.ok());
}

TEST_P(ServiceTest, WaitsAreBoundedInNumber) {
  served = nullptr;
  served = std::make_unique<ServedInstance>(GetParam().MakeUrl().value(),
                                            TokenWaiterOptions{.waits_max = 1});
  v1::GetDailyActivityRequest request;
  request.set_consistency_token(Token(1, 1));
  auto waiting = std::async(std::launch::async, [&] { return Get(*served, request); });
  ASSERT_EVENTUALLY(served->TokenWaits() == 1, absl::Seconds(10));
  const Answer refused = Get(*served, request);
  EXPECT_EQ(refused.status.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_TRUE(rpc::DetailsOf(refused.status).retry_delay.has_value());
  ASSERT_OK(instance().Receive({Created(1, 1, kMorning, Money("GBP", 1))}));
  EXPECT_TRUE(waiting.get().status.ok());
}

TEST_P(ServiceTest, EveryMethodOfEveryServiceExplainsItsErrors) {
  for (const auto* service :
       {v1::ActivityService::service_full_name(), ops::v1::InboxService::service_full_name()}) {
    const google::protobuf::ServiceDescriptor* descriptor =
        google::protobuf::DescriptorPool::generated_pool()->FindServiceByName(service);
    for (int i = 0; i < descriptor->method_count(); ++i) {
      if (descriptor->method(i)->input_type()->field_count() == 0) continue;  // no nonsense
      const grpc::Status status =
          testkit::CallWithNonsense(served->channel(), *descriptor->method(i));
      EXPECT_FALSE(status.ok()) << descriptor->method(i)->full_name();
      const rpc::ErrorDetails details = rpc::DetailsOf(status);
      EXPECT_FALSE(details.reason.empty()) << descriptor->method(i)->full_name();
      EXPECT_EQ(details.domain, "tallystick.dev") << descriptor->method(i)->full_name();
      if (status.error_code() == grpc::StatusCode::INVALID_ARGUMENT) {
        EXPECT_FALSE(details.violations.empty()) << descriptor->method(i)->full_name();
      }
    }
  }
}

TEST(ServiceOutageTest, WithoutItsDatabaseItIsUnavailableAndRecovers) {
  auto server = testkit::PostgresServer::Start().value();
  ServedInstance served(server->CreateDatabase().value());
  ASSERT_OK(served.instance().Receive({Created(1, 1, kMorning, Money("GBP", 1))}));
  ASSERT_OK(server->Stop());
  v1::GetDailyActivityRequest request = DayRequest(CivilDay(2010, 12, 1));
  for (const std::string& token : {std::string(), Token(1, 1)}) {
    request.set_consistency_token(token);
    const Answer answer = Get(served, request);
    EXPECT_EQ(answer.status.error_code(), grpc::StatusCode::UNAVAILABLE);
    EXPECT_EQ(answer.reason(), "DATABASE_UNAVAILABLE");
    EXPECT_TRUE(rpc::DetailsOf(answer.status).retry_delay.has_value());
  }
  ASSERT_OK(server->Restart());
  ASSERT_EVENTUALLY(Get(served, request).status.ok(), absl::Seconds(20));
  EXPECT_EQ(Get(served, request).response.day().orders_created(), 1);
}

}  // namespace
}  // namespace tally::activity
