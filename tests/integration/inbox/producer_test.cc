#include "common/inbox/producer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "common/base/clock.h"
#include "common/base/step_thread.h"
#include "common/bus/nats_bus.h"
#include "tally/events/v1/healing.pb.h"
#include "tests/testkit/deliveries.h"
#include "tests/testkit/eventually.h"
#include "tests/testkit/nats_server.h"
#include "tests/testkit/status_matchers.h"

namespace tally::inbox {
namespace {

using events::v1::HealEventsReply;
using events::v1::HealEventsRequest;
using events::v1::RangeVerdict;
using testkit::kPatience;
using testkit::StatusIs;

// A producer that says what the test wants it to.
class ProducerTest : public testing::Test {
 protected:
  using Answer = std::function<HealEventsReply(const HealEventsRequest&)>;

  void Start(const std::string& server_config, Answer answer) {
    ASSERT_OK_AND_ASSIGN(server_, testkit::NatsServer::Start(server_config));
    ASSERT_OK_AND_ASSIGN(bus_,
                         bus::NewNatsBus({.urls = {server_->url()}, .name = "test"}, telemetry_));
    ASSERT_EVENTUALLY(bus_->Connected(), kPatience);
    responder_ = bus_->NewResponder({.subject = "healing.v1.tests.events", .group = "tests"});
    answering_ = std::make_unique<base::StepThread>("answering", [this, answer] {
      for (const bus::Question& question : responder_->Take(1)) {
        HealEventsRequest request;
        EXPECT_TRUE(request.ParseFromString(question.body));
        HealEventsReply reply = answer(request);
        reply.set_database_id("database");
        EXPECT_OK(responder_->Answer(question, reply.SerializeAsString()));
      }
      return absl::Milliseconds(5);
    });
  }
  void TearDown() override { answering_.reset(); }

  static void Void(const events::v1::SequenceRange& range, HealEventsReply& reply) {
    RangeVerdict& verdict = *reply.add_verdicts();
    *verdict.mutable_range() = range;
    verdict.set_verdict(RangeVerdict::VERDICT_VOID);
  }

  telemetry::Telemetry telemetry_{telemetry::LogFormat::kText, telemetry::LogLevel::kError, "test"};
  base::SystemClock clock_;
  std::unique_ptr<testkit::NatsServer> server_;
  std::unique_ptr<bus::Bus> bus_;
  std::unique_ptr<bus::Responder> responder_;
  std::unique_ptr<base::StepThread> answering_;
};

TEST_F(ProducerTest, AnAnswerToWhatWasNotAskedIsNoAnswer) {
  int64_t beyond = 0;
  Start("", [&](const HealEventsRequest& request) {
    HealEventsReply reply;
    events::v1::SequenceRange range = request.ranges(0);
    range.set_last_sequence(range.last_sequence() + beyond);
    Void(range, reply);
    return reply;
  });
  Producer producer("tests", "us", kPatience, *bus_, clock_);
  const std::vector<LaneRange> asked = {{testkit::Lane(1), {3, 5}}};
  ASSERT_EVENTUALLY(producer.FindEvents(asked).ok(), kPatience);
  ++beyond;
  EXPECT_THAT(producer.FindEvents(asked),
              StatusIs(absl::StatusCode::kUnavailable, testing::HasSubstr("not asked for")));
}

TEST_F(ProducerTest, AsksForNoMoreThanAMessageHolds) {
  Start("max_payload: 4096", [](const HealEventsRequest& request) {
    HealEventsReply reply;
    for (const events::v1::SequenceRange& range : request.ranges()) Void(range, reply);
    return reply;
  });
  Producer producer("tests", "us", kPatience, *bus_, clock_);
  std::vector<LaneRange> ranges;
  constexpr int64_t kHigh = int64_t{1} << 62;
  for (int64_t i = 0; i < 1000; ++i) ranges.push_back({testkit::Lane(1), {kHigh + i, kHigh + i}});
  ASSERT_EVENTUALLY(producer.FindEvents(ranges).ok(), kPatience);
  ASSERT_OK_AND_ASSIGN(const Producer::Answers answers, producer.FindEvents(ranges));
  EXPECT_GE(answers.ranges.size(), 30);
  EXPECT_EQ(answers.ranges[0].asked, ranges[0]);
}

}  // namespace
}  // namespace tally::inbox
