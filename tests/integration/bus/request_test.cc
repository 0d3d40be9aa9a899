#include <gmock/gmock.h>

#include <set>
#include <thread>

#include "absl/strings/match.h"
#include "tests/integration/bus/bus_test_case.h"

namespace tally::bus {
namespace {

using testing::HasSubstr;
using testkit::IsOkAndHolds;
using testkit::StatusIs;

constexpr char kSubject[] = "questions.us";

// Answers every question with its body behind a name of its own, on a thread of its own.
class Echo {
 public:
  Echo(Bus& bus, const std::string& name)
      : responder_(bus.NewResponder(
            {.subject = kSubject, .group = "us", .waker = [this] { wake_up_.Set(); }})),
        thread_([this, name](const std::stop_token& stopped) {
          while (!stopped.stop_requested()) {
            for (const Question& question : responder_->Take(10)) {
              responder_->Answer(question, name + " " + question.body).IgnoreError();
            }
            wake_up_.WaitFor(absl::Milliseconds(50));
          }
        }) {}

 private:
  base::WakeUp wake_up_;
  std::unique_ptr<Responder> responder_;
  std::jthread thread_;
};

class RequestTest : public BusTestCase {
 protected:
  absl::StatusOr<std::string> Ask(Bus& bus, const std::string& body) {
    return bus.Request(kSubject, body, Soon());
  }
  // Asks once, in vain.
  bool SomebodyListens() {
    const auto answer = bus_->Request(kSubject, "?", absl::Now() + absl::Milliseconds(20));
    return !absl::StrContains(answer.status().message(), "nobody listens");
  }
};

TEST_F(RequestTest, OneOfAGroupAnswers) {
  Start();
  const auto other = Connect(server_->url());
  const Echo one(*bus_, "one");
  const Echo two(*other, "two");
  EXPECT_EVENTUALLY(Ask(*bus_, "?").ok(), kPatience);
  std::set<std::string> names;
  const auto hears_both = [&] {
    const absl::StatusOr<std::string> answer = Ask(*bus_, "?");
    if (answer.ok()) names.insert(*answer);
    return names.size() == 2;
  };
  EXPECT_EVENTUALLY(hears_both(), kPatience);
  EXPECT_EQ(names, (std::set<std::string>{"one ?", "two ?"}));
}

TEST_F(RequestTest, NobodyListeningIsKnownAtOnce) {
  Start();
  const absl::Time begin = absl::Now();
  EXPECT_THAT(bus_->Request(kSubject, "?", begin + absl::Minutes(10)),
              StatusIs(absl::StatusCode::kUnavailable, HasSubstr("nobody listens")));
  EXPECT_LT(absl::Now() - begin, kPatience);
}

TEST_F(RequestTest, NoAnswerIsUnavailableAtTheDeadline) {
  Start();
  const auto silent = bus_->NewResponder({.subject = kSubject, .group = "us"});
  EXPECT_EVENTUALLY(SomebodyListens(), kPatience);
  EXPECT_THAT(bus_->Request(kSubject, "?", absl::Now() + absl::Milliseconds(50)),
              StatusIs(absl::StatusCode::kUnavailable, HasSubstr("no answer")));
}

TEST_F(RequestTest, AnswersAgainAfterAReconnect) {
  Start();
  const Echo echo(*bus_, "echo");
  EXPECT_EVENTUALLY(Ask(*bus_, "?").ok(), kPatience);
  server_->Kill();
  EXPECT_THAT(Ask(*bus_, "?"), StatusIs(absl::StatusCode::kUnavailable));
  ASSERT_OK(server_->Restart());
  const std::string binary("\0binary\xff", 8);
  EXPECT_EVENTUALLY(Ask(*bus_, binary).ok(), kPatience);
  EXPECT_THAT(Ask(*bus_, binary), IsOkAndHolds("echo " + binary));
}

TEST_F(RequestTest, HoldsNoMoreQuestionsThanItsBound) {
  Start();
  const auto responder =
      bus_->NewResponder({.subject = kSubject, .group = "us", .questions_max = 5});
  EXPECT_EVENTUALLY(SomebodyListens(), kPatience);
  for (int i = 0; i < 20; ++i) {
    bus_->Request(kSubject, "?", absl::Now() + absl::Milliseconds(20)).IgnoreError();
  }
  EXPECT_EQ(responder->Take(3).size(), 3u);
  EXPECT_EQ(responder->Take(100).size(), 2u);
  EXPECT_TRUE(responder->Take(100).empty());
}

TEST_F(RequestTest, AnAnswerLargerThanTheServerTakesIsRefused) {
  Start("max_payload: 1024");
  const auto responder = bus_->NewResponder({.subject = kSubject, .group = "us"});
  EXPECT_THAT(responder->Answer({.subject = kSubject, .body = "", .reply = "somebody"},
                                std::string(2000, 'x')),
              StatusIs(absl::StatusCode::kResourceExhausted));
  EXPECT_THAT(bus_->Request(kSubject, std::string(2000, 'x'), Soon()),
              StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_OK(responder->Answer({.subject = kSubject, .body = "", .reply = "somebody"}, "x"));
}

}  // namespace
}  // namespace tally::bus
