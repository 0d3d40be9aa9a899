#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "common/bus/nats_bus.h"
#include "common/bus/nats_library.h"
#include "tally/activity/v1/activity_service.grpc.pb.h"
#include "tests/integration/activity_service/instance.h"
#include "tests/testkit/database_urls.h"
#include "tests/testkit/eventually.h"
#include "tests/testkit/free_port.h"
#include "tests/testkit/nats_server.h"
#include "tests/testkit/process.h"
#include "tests/testkit/status_matchers.h"

namespace tally::activity {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testkit::kPatience;

// The binary itself, ready.
class Service {
 public:
  Service(const std::string& database, const std::string& nats) {
    process_ = testkit::Process::Start({.argv = {ACTIVITY_SERVICE, "--listen=127.0.0.1:0",
                                                 "--http=127.0.0.1:0", "--database=" + database,
                                                 "--nats=" + nats, "--durability_minimum=process"}})
                   .value();
    const std::string line = process_->WaitForLine("ready ", kPatience).value();
    stub_ = v1::ActivityService::NewStub(grpc::CreateChannel(
        std::string(absl::StripPrefix(line, "ready ")), grpc::InsecureChannelCredentials()));
  }

  v1::GetDailyActivityResponse Get() {
    v1::GetDailyActivityRequest request;
    request.mutable_date()->set_year(2010);
    request.mutable_date()->set_month(12);
    request.mutable_date()->set_day(1);
    v1::GetDailyActivityResponse response;
    grpc::ClientContext context;
    const grpc::Status status = stub_->GetDailyActivity(&context, request, &response);
    EXPECT_TRUE(status.ok()) << status.error_message() << process_->Describe();
    return response;
  }

  absl::StatusOr<int> Stop() {
    const absl::Status sent = process_->Signal(SIGTERM);
    if (!sent.ok()) return sent;
    return process_->Wait(kPatience);
  }

 private:
  std::unique_ptr<testkit::Process> process_;
  std::unique_ptr<v1::ActivityService::Stub> stub_;
};

class ProcessTest : public testing::TestWithParam<testkit::DatabaseKind> {};
INSTANTIATE_ON_EVERY_DATABASE(ProcessTest);

void Publish(bus::Bus& bus, const std::vector<bus::Event>& events) {
  const auto publisher = bus.NewPublisher({});
  for (const bus::Event& event : events) {
    ASSERT_OK(publisher->Publish(0, bus::ToMessage(event), event.Id()));
  }
  publisher->Flush();
  size_t stored = 0;
  ASSERT_TRUE(testkit::Eventually(kPatience, [&] {
    for (const bus::PublishResult& result : publisher->TakeResults()) {
      EXPECT_EQ(result.outcome, bus::PublishOutcome::kStored) << result.error;
      ++stored;
    }
    return stored == events.size();
  }));
}

std::vector<bus::Event> Orders(int first, int last) {
  std::vector<bus::Event> events;
  for (int i = first; i <= last; ++i) {
    bus::Event event = Created(1, i, kMorning, Money("GBP", 1, 10'000'000));
    event.subject = "orders.v1.created";
    events.push_back(std::move(event));
  }
  return events;
}

TEST_P(ProcessTest, CountsWhatIsPublishedOnceOverARestart) {
  ASSERT_OK_AND_ASSIGN(const std::string url, GetParam().MakeUrl());
  const auto nats = testkit::NatsServer::Start().value();
  const bus::NatsLibrary library;
  telemetry::Telemetry telemetry(telemetry::LogFormat::kText, telemetry::LogLevel::kError, "test");
  const auto bus = bus::NewNatsBus({.urls = {nats->url()}, .name = "test"}, telemetry).value();
  ASSERT_EVENTUALLY(bus->Connected(), kPatience);
  {
    Service service(url, nats->url());
    ASSERT_EVENTUALLY(bus->GetStreamState("ORDERS", absl::Now() + absl::Seconds(5)).ok(),
                      kPatience);
    Publish(*bus, Orders(1, 100));
    ASSERT_EVENTUALLY(service.Get().day().orders_created() == 100, kPatience);
    EXPECT_THAT(service.Stop(), testkit::IsOkAndHolds(0));
  }
  Publish(*bus, Orders(101, 150));
  Service service(url, nats->url());
  ASSERT_EVENTUALLY(service.Get().day().orders_created() == 150, kPatience);
  ASSERT_EVENTUALLY(service.Get().freshness().has_pending_events(), kPatience);
  const v1::GetDailyActivityResponse response = service.Get();
  EXPECT_EQ(response.day().revenue(0).created().units(), 151);
  EXPECT_EQ(response.day().revenue(0).created().nanos(), 500'000'000);
  // There is no producer that could say what else there is.
  EXPECT_EQ(response.freshness().completeness(), v1::Freshness::COMPLETENESS_UNKNOWN);
  EXPECT_FALSE(response.freshness().has_as_of());
}

TEST_P(ProcessTest, AnswersWithoutTheBusAndSaysSo) {
  ASSERT_OK_AND_ASSIGN(const std::string url, GetParam().MakeUrl());
  const testkit::FreePort nobody;
  Service service(url, absl::StrCat("nats://127.0.0.1:", nobody.port()));
  const v1::GetDailyActivityResponse response = service.Get();
  EXPECT_EQ(response.freshness().completeness(), v1::Freshness::COMPLETENESS_UNKNOWN);
  EXPECT_FALSE(response.freshness().has_pending_events());
  EXPECT_FALSE(response.freshness().has_as_of());
  EXPECT_THAT(service.Stop(), testkit::IsOkAndHolds(0));
}

TEST(ProcessSettingsTest, AllThatIsWrongIsListedAtOnce) {
  const auto process =
      testkit::Process::Start({.argv = {ACTIVITY_SERVICE, "--ack_wait=1ms", "--batch_events=0",
                                        "--letter_attempts=0", "--unknown_type_for=-1s",
                                        "--heal_every=0s", "--stream_replicas=7", "--nonsense"}})
          .value();
  EXPECT_THAT(process->Wait(kPatience), testkit::IsOkAndHolds(2));
  EXPECT_THAT(process->Stderr(), AllOf(HasSubstr("--ack_wait"), HasSubstr("--batch_events"),
                                       HasSubstr("--letter_attempts"),
                                       HasSubstr("--unknown_type_for"), HasSubstr("--heal_every"),
                                       HasSubstr("--stream_replicas"), HasSubstr("nonsense")));
}

}  // namespace
}  // namespace tally::activity
