#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/time/clock.h"
#include "common/base/currency.h"
#include "common/rpc/error_details.h"
#include "tests/integration/activity_service/served_instance.h"
#include "tests/testkit/database_urls.h"
#include "tests/testkit/eventually.h"
#include "tests/testkit/postgres_server.h"
#include "tests/testkit/status_matchers.h"

namespace tally::activity {
namespace {

using testing::ElementsAre;
using testkit::kPatience;
using Response = v1::WatchDailyActivityResponse;

v1::WatchDailyActivityRequest FirstOfDecember() {
  v1::WatchDailyActivityRequest request;
  request.mutable_date()->set_year(2010);
  request.mutable_date()->set_month(12);
  request.mutable_date()->set_day(1);
  request.mutable_min_interval()->set_nanos(100'000'000);
  return request;
}

// One who watches; what takes longer than a minute ends it.
class Watcher {
 public:
  Watcher(v1::ActivityService::Stub& stub, const v1::WatchDailyActivityRequest& request) {
    context_.set_deadline(std::chrono::system_clock::now() + std::chrono::minutes(1));
    reader_ = stub.WatchDailyActivity(&context_, request);
  }
  Watcher(ServedInstance& served, const v1::WatchDailyActivityRequest& request)
      : Watcher(served.stub(), request) {}
  explicit Watcher(ServedInstance& served) : Watcher(served, FirstOfDecember()) {}
  ~Watcher() {
    context_.TryCancel();
    if (!ended_) End();
  }

  // The next message; empty if the stream ended.
  Response Next() {
    Response response;
    return reader_->Read(&response) ? response : Response();
  }
  // The first message of that kind.
  Response NextOf(Response::Kind kind) {
    Response response = Next();
    while (response.kind() != kind && response.kind() != Response::KIND_UNSPECIFIED) {
      response = Next();
    }
    return response;
  }
  // Reads messages until one has so many orders.
  bool ReadUntil(int64_t orders) {
    Response response = Next();
    while (response.kind() != Response::KIND_UNSPECIFIED) {
      if (response.has_day() && response.day().orders_created() == orders) return true;
      response = Next();
    }
    return false;
  }
  grpc::Status End() {
    ended_ = true;
    return reader_->Finish();
  }

 private:
  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientReader<Response>> reader_;
  bool ended_ = false;
};

class WatchTest : public testing::TestWithParam<testkit::DatabaseKind> {
 protected:
  void Serve(const WatchHubOptions& options = {}) {
    ASSERT_OK_AND_ASSIGN(url, GetParam().MakeUrl());
    served = std::make_unique<ServedInstance>(url, TokenWaiterOptions(), options);
  }
  void Count(int64_t sequence) {
    ASSERT_OK(served->instance().Receive({Created(1, sequence, kMorning, Money("GBP", 1))}));
  }
  int Watchers() {
    return static_cast<int>(
        served->instance()
            .telemetry.metrics.AddGauge("tally_watchers", "Streams that watch a day.")
            .Value());
  }

  std::string url;
  std::unique_ptr<ServedInstance> served;
};
INSTANTIATE_ON_EVERY_DATABASE(WatchTest);

TEST_P(WatchTest, SendsTheDayThenEachChangeThenHeartbeats) {
  Serve({.heartbeat = absl::Milliseconds(500)});
  Count(1);
  Watcher watcher(*served);
  const Response first = watcher.Next();
  EXPECT_EQ(first.kind(), Response::KIND_SNAPSHOT);
  EXPECT_EQ(first.day().orders_created(), 1);
  EXPECT_EQ(first.day().time_zone(), "UTC");
  EXPECT_EQ(first.freshness().completeness(), v1::Freshness::COMPLETENESS_UNKNOWN);
  Count(2);
  const Response change = watcher.NextOf(Response::KIND_CHANGE);
  EXPECT_EQ(change.day().orders_created(), 2);
  EXPECT_EQ(change.day().revenue(0).net().units(), 2);
  EXPECT_FALSE(watcher.NextOf(Response::KIND_HEARTBEAT).has_day());
}

TEST_P(WatchTest, TellsEveryWatcherOfItsOwnDay) {
  Serve();
  v1::WatchDailyActivityRequest auckland = FirstOfDecember();
  auckland.set_time_zone("Pacific/Auckland");  // 08:00 UTC is 21:00 there, 12:00 the next day
  v1::WatchDailyActivityRequest next_day = FirstOfDecember();
  next_day.mutable_date()->set_day(2);
  Watcher here(*served);
  Watcher there(*served, auckland);
  Watcher later(*served, next_day);
  for (Watcher* watcher : {&here, &there, &later}) {
    EXPECT_EQ(watcher->Next().kind(), Response::KIND_SNAPSHOT);
  }
  Count(1);
  EXPECT_EQ(here.Next().day().orders_created(), 1);
  EXPECT_EQ(there.Next().day().time_zone(), "Pacific/Auckland");
  ASSERT_OK(
      served->instance().Receive({Created(1, 2, kMorning + absl::Hours(4), Money("GBP", 1))}));
  EXPECT_TRUE(here.ReadUntil(2));
  ASSERT_OK(
      served->instance().Receive({Created(1, 3, kMorning + absl::Hours(24), Money("GBP", 1))}));
  EXPECT_TRUE(later.ReadUntil(1));
}

TEST_P(WatchTest, SaysWhatIsKnownNotToBeCounted) {
  Serve({.heartbeat = absl::Milliseconds(500)});
  Watcher watcher(*served);
  EXPECT_EQ(watcher.Next().freshness().dead_letters(), 0);
  bus::Event bad = Created(1, 1, kMorning, Money("GBP", 1));
  bad.payload = "\xff\xff";
  ASSERT_OK(served->instance().Receive({bad, Created(1, 2, kMorning, Money("GBP", 1))}));
  // The good one is committed before the other becomes a letter.
  Response message = watcher.Next();
  while (message.has_freshness() && message.freshness().dead_letters() == 0) {
    message = watcher.Next();
  }
  EXPECT_EQ(message.freshness().dead_letters(), 1);
  EXPECT_EQ(message.freshness().completeness(), v1::Freshness::COMPLETENESS_INCOMPLETE);
}

TEST_P(WatchTest, NamesEveryViolatedField) {
  Serve();
  v1::WatchDailyActivityRequest request;
  request.set_time_zone("Europe/Atlantis");
  request.mutable_min_interval()->set_nanos(1);
  Watcher watcher(*served, request);
  EXPECT_EQ(watcher.Next().kind(), Response::KIND_UNSPECIFIED);
  const grpc::Status status = watcher.End();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  std::vector<std::string> fields;
  for (const auto& violation : rpc::DetailsOf(status).violations) fields.push_back(violation.field);
  EXPECT_THAT(fields, ElementsAre("time_zone", "min_interval"));
}

TEST_P(WatchTest, WatchersAreBoundedInNumber) {
  Serve({.watchers_max = 1});
  {
    Watcher first(*served);
    EXPECT_EQ(first.Next().kind(), Response::KIND_SNAPSHOT);
    Watcher second(*served);
    EXPECT_EQ(second.Next().kind(), Response::KIND_UNSPECIFIED);
    const grpc::Status status = second.End();
    EXPECT_EQ(status.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
    EXPECT_EQ(rpc::DetailsOf(status).reason, "TOO_MANY_WATCHERS");
    EXPECT_TRUE(rpc::DetailsOf(status).retry_delay.has_value());
  }
  EXPECT_EVENTUALLY(Watchers() == 0, kPatience);  // who goes away makes room
  EXPECT_EQ(Watcher(*served).Next().kind(), Response::KIND_SNAPSHOT);
}

// A day in every currency there is, and a client that takes in little before it reads: a few
// messages fill the way.
TEST_P(WatchTest, ASlowReaderIsCutOff) {
  Serve({.poll_rest = absl::Milliseconds(10), .write_max = absl::Milliseconds(500)});
  std::vector<bus::Event> events;
  for (std::string code = "AAA"; code != "ZZZ";) {
    if (base::MinorUnits(code).has_value()) {
      events.push_back(
          Created(1, static_cast<int64_t>(events.size()) + 1, kMorning, Money(code, 1)));
    }
    for (int i = 2; ++code[i] > 'Z'; --i) code[i] = 'A';
  }
  ASSERT_GT(events.size(), 100u);
  ASSERT_OK(served->instance().Receive(events));
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_HTTP2_BDP_PROBE, 0);
  const auto stub = v1::ActivityService::NewStub(
      grpc::CreateCustomChannel(served->address(), grpc::InsecureChannelCredentials(), arguments));
  Watcher watcher(*stub, FirstOfDecember());
  auto sequence = static_cast<int64_t>(events.size());
  EXPECT_EVENTUALLY(Watchers() == 1, kPatience);
  const absl::Time end = absl::Now() + absl::Seconds(50);
  while (Watchers() == 1 && absl::Now() < end) Count(++sequence);
  EXPECT_EQ(Watchers(), 0);
  int messages = 0;
  while (watcher.Next().kind() != Response::KIND_UNSPECIFIED) ++messages;
  EXPECT_GT(messages, 1);
  EXPECT_EQ(watcher.End().error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
}

TEST_P(WatchTest, EndsWhenTheServiceStops) {
  Serve();
  Watcher watcher(*served);
  EXPECT_EQ(watcher.Next().kind(), Response::KIND_SNAPSHOT);
  std::thread shutdown([&] { served->Shutdown(); });
  EXPECT_EQ(watcher.Next().kind(), Response::KIND_UNSPECIFIED);
  const grpc::Status status = watcher.End();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_EQ(rpc::DetailsOf(status).reason, "STOPPING");
  shutdown.join();
}

TEST(WatchReplicasTest, SeeWhatAnotherInstanceCounted) {
  const std::string url = testkit::PostgresKind().MakeUrl().value();
  ServedInstance served(url);
  Instance other(url);
  Watcher watcher(served);
  EXPECT_EQ(watcher.Next().kind(), Response::KIND_SNAPSHOT);
  for (int64_t sequence = 1; sequence <= 3; ++sequence) {
    ASSERT_OK(other.Receive({Created(1, sequence, kMorning, Money("GBP", 1))}));
    const absl::Time counted = absl::Now();
    EXPECT_TRUE(watcher.ReadUntil(sequence));
    EXPECT_LT(absl::Now() - counted, absl::Seconds(5));  // half a second on an idle machine
  }
}

TEST(WatchReplicasTest, TheMarkTellsOfEveryTransactionOfEverySession) {
  Instance instance(testkit::PostgresKind().MakeUrl().value());
  const auto read_mark = [&] {
    int64_t mark = 0;
    EXPECT_OK(instance.database->Run(db::Mode::kRead, absl::Now() + kPatience,
                                     [&](db::Transaction& transaction) {
                                       const auto read = instance.store.ReadMark(transaction);
                                       if (read.ok()) mark = *read;
                                       return read.status();
                                     }));
    return mark;
  };
  const int64_t before = read_mark();
  EXPECT_EQ(read_mark(), before);
  ASSERT_OK(instance.Receive(
      {Created(1, 1, kMorning, Money("GBP", 1)), Created(1, 2, kMorning, Money("EUR", 1))}));
  EXPECT_EQ(read_mark(), before + 1);
  ASSERT_OK(instance.Receive({Created(1, 1, kMorning, Money("GBP", 1))}));  // seen before
  EXPECT_EQ(read_mark(), before + 1);
  std::vector<std::thread> sessions;
  for (int i = 0; i < 8; ++i) {
    sessions.emplace_back([&, i] {
      BucketTotals totals;
      ASSERT_OK(totals.Add("test", kMorning + i * kBucketLength, {}));
      ASSERT_OK(instance.database->Run(
          db::Mode::kWrite, absl::Now() + kPatience,
          [&](db::Transaction& transaction) { return instance.store.Add(transaction, totals); }));
    });
  }
  for (std::thread& session : sessions) session.join();
  EXPECT_EQ(read_mark(), before + 9);
}

TEST(WatchOutageTest, StreamsOutliveTheDatabaseAndSaySo) {
  auto server = testkit::PostgresServer::Start().value();
  ServedInstance served(server->CreateDatabase().value(), {},
                        {.heartbeat = absl::Milliseconds(500)});
  served.SetProgress({.connected = true, .as_of = absl::Now(), .pending = 0});
  Watcher watcher(served);
  EXPECT_EQ(watcher.Next().kind(), Response::KIND_SNAPSHOT);
  ASSERT_OK(server->Stop());
  Watcher late(served);
  EXPECT_EQ(late.Next().kind(), Response::KIND_UNSPECIFIED);
  const grpc::Status status = late.End();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_EQ(rpc::DetailsOf(status).reason, "DATABASE_UNAVAILABLE");
  Response heartbeat = watcher.Next();
  while (heartbeat.kind() == Response::KIND_HEARTBEAT &&
         heartbeat.freshness().lag().seconds() < 2) {
    heartbeat = watcher.Next();
  }
  EXPECT_EQ(heartbeat.kind(), Response::KIND_HEARTBEAT);
  EXPECT_EQ(heartbeat.freshness().completeness(), v1::Freshness::COMPLETENESS_UNKNOWN);
  ASSERT_OK(server->Restart());
  ASSERT_EVENTUALLY(served.instance().Receive({Created(1, 1, kMorning, Money("GBP", 1))}).ok(),
                    kPatience);
  EXPECT_TRUE(watcher.ReadUntil(1));
}

}  // namespace
}  // namespace tally::activity
