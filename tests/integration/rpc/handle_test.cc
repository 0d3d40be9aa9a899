#include "common/rpc/handle.h"

#include <atomic>
#include <chrono>
#include <stdexcept>
#include <thread>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "absl/time/clock.h"
#include "gmock/gmock.h"
#include "tests/integration/rpc/server_fixture.h"
#include "tests/testkit/eventually.h"

namespace tally::rpc::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;
using testkit::kPatience;

class HandleTest : public ServerTest {
 protected:
  void AnswerWith(absl::Status status) {
    service_->on_answer = [status](AnswerCall& call) { call.Finish(status); };
    StartServer();
  }
};

TEST_F(HandleTest, AnswersAndCounts) {
  StartServer();
  EXPECT_TRUE(Answer("hello").ok());
  EXPECT_EQ(response_.text(), "hello");
  const std::string metrics = telemetry_.metrics.Serialize();
  const std::string method = "method=\"tally.rpc.testing.TestService/Answer\"";
  EXPECT_THAT(metrics,
              HasSubstr(absl::StrCat("tally_rpc_requests_total{code=\"OK\",", method, "} 1\n")));
  EXPECT_THAT(metrics,
              HasSubstr(absl::StrCat("tally_rpc_duration_seconds_count{", method, "} 1\n")));
  EXPECT_EVENTUALLY(absl::StrContains(telemetry_.metrics.Serialize(),
                                      absl::StrCat("tally_rpc_in_flight{", method, "} 0\n")),
                    kPatience);
}

TEST_F(HandleTest, FinishesOnAnotherThread) {
  std::thread later;
  service_->on_answer = [&](AnswerCall& call) {
    later = std::thread([&call] {
      call.response().set_text("later");
      call.Finish(absl::OkStatus());
    });
  };
  StartServer();
  EXPECT_TRUE(Answer().ok());
  EXPECT_EQ(response_.text(), "later");
  later.join();
}

TEST_F(HandleTest, TurnsAnExceptionIntoInternalAndNamesTheLogLine) {
  service_->on_answer = [](AnswerCall&) { throw std::runtime_error("secret of the house"); };
  service_->on_read = [](Call&) -> absl::Status { throw 42; };
  StartServer();
  ::testing::internal::CaptureStderr();
  for (const grpc::Status& status : {Answer(), Read()}) {
    EXPECT_EQ(status.error_code(), grpc::StatusCode::INTERNAL);
    const ErrorDetails details = DetailsOf(status);
    EXPECT_EQ(details.reason, "INTERNAL");
    const std::string log_id = details.metadata.at("log_id");
    EXPECT_THAT(status.error_message(), HasSubstr(log_id));
    EXPECT_THAT(status.error_message(), Not(HasSubstr("secret")));
  }
  const std::string log = ::testing::internal::GetCapturedStderr();
  EXPECT_THAT(log, HasSubstr("secret of the house"));
  EXPECT_THAT(log, HasSubstr("exception of unknown type"));
}

TEST_F(HandleTest, GivesEveryErrorAReasonAndHidesMessagesThatWereNotMadeForCallers) {
  std::atomic<int> code = 0;
  service_->on_answer = [&](AnswerCall& call) {
    call.Finish(absl::Status(static_cast<absl::StatusCode>(code.load()), "password=hunter2"));
  };
  StartServer();
  for (code = 1; code <= 16; ++code) {
    const grpc::Status status = Answer();
    EXPECT_EQ(status.error_code(), code);
    EXPECT_THAT(status.error_message(), Not(HasSubstr("hunter2")));
    EXPECT_THAT(status.error_message(), Not(IsEmpty()));
    EXPECT_THAT(status.error_details(), Not(HasSubstr("hunter2")));
    EXPECT_EQ(DetailsOf(status).reason, CodeName(status.error_code()));
    EXPECT_EQ(DetailsOf(status).domain, "tallystick.dev");
  }
}

TEST_F(HandleTest, LetsErrorsMadeForCallersThrough) {
  AnswerWith(
      Error(absl::StatusCode::kNotFound, "ORDER_NOT_FOUND", "no such order", {{"order_id", "7"}}));
  const grpc::Status status = Answer();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::NOT_FOUND);
  EXPECT_EQ(status.error_message(), "no such order");
  EXPECT_EQ(DetailsOf(status).reason, "ORDER_NOT_FOUND");
  EXPECT_EQ(DetailsOf(status).metadata.at("order_id"), "7");
}

TEST_F(HandleTest, NamesEveryViolation) {
  base::Violations violations;
  violations.Add("customer", "must be 1 to 128 characters");
  violations.Add("lines[3].quantity", "must be at least 1");
  AnswerWith(BadRequest(violations));
  const grpc::Status status = Answer();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(DetailsOf(status).reason, "INVALID_FIELDS");
  EXPECT_EQ(DetailsOf(status).violations, violations.list());
}

TEST_F(HandleTest, FitsAThousandViolationsIntoWhatClientsAccept) {
  base::Violations violations;
  for (int i = 0; i < 1000; ++i)
    violations.Add(absl::StrCat("lines[", i, "].quantity"), "must be at least 1");
  AnswerWith(BadRequest(violations));
  const grpc::Status status = Answer();
  ASSERT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT) << status.error_message();
  const std::vector<base::Violation> named = DetailsOf(status).violations;
  ASSERT_GT(named.size(), 50u);
  EXPECT_EQ(named.back().field, "*");
  EXPECT_EQ(named.back().description, absl::StrCat(1000 - (named.size() - 1), " more violations"));
}

TEST_F(HandleTest, SaysWhenToComeBack) {
  AnswerWith(
      Unavailable("DATABASE_AWAY", "orders cannot be stored right now", absl::Milliseconds(1500)));
  EXPECT_EQ(DetailsOf(Answer()).retry_delay, absl::Milliseconds(1500));
}

TEST_F(HandleTest, GivesACallWithoutADeadlineOne) {
  absl::Duration left;
  service_->on_answer = [&](AnswerCall& call) {
    left = call.deadline() - absl::Now();
    call.Finish(absl::OkStatus());
  };
  StartServer();
  EXPECT_TRUE(Answer().ok());
  EXPECT_GT(left, absl::Seconds(1));
  EXPECT_LE(left, EndpointOptions().default_deadline);
}

TEST_F(HandleTest, KeepsTheCallersDeadline) {
  absl::Duration left;
  service_->on_answer = [&](AnswerCall& call) {
    left = call.deadline() - absl::Now();
    call.Finish(absl::OkStatus());
  };
  StartServer();
  grpc::ClientContext context;
  context.set_deadline(In(absl::Seconds(100)));
  EXPECT_TRUE(CallWith(context, &TestService::Stub::Answer).ok());
  EXPECT_GT(left, absl::Seconds(50));
  EXPECT_LE(left, absl::Seconds(101));
}

TEST_F(HandleTest, DoesNotBeginACallWhoseTimeIsOver) {
  service_ = std::make_unique<Service>(telemetry_, ExecutorOptions(),
                                       EndpointOptions{.default_deadline = absl::ZeroDuration()});
  std::atomic<bool> begun = false;
  service_->on_answer = [&](AnswerCall& call) {
    begun = true;
    call.Finish(absl::OkStatus());
  };
  service_->on_read = [&](Call&) {
    begun = true;
    return absl::OkStatus();
  };
  StartServer();
  EXPECT_EQ(Answer().error_code(), grpc::StatusCode::DEADLINE_EXCEEDED);
  const grpc::Status status = Read();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::DEADLINE_EXCEEDED);
  EXPECT_EQ(DetailsOf(status).reason, "DEADLINE_EXCEEDED");
  EXPECT_FALSE(begun);
}

TEST_F(HandleTest, DoesNotBeginACallWhoseTimeRanOutInTheQueue) {
  service_ = std::make_unique<Service>(telemetry_, ExecutorOptions{.threads = 1});
  absl::Notification first_runs, release;
  std::atomic<int> begun = 0;
  service_->on_read = [&](Call&) {
    if (++begun == 1) first_runs.Notify();
    release.WaitForNotification();
    return absl::OkStatus();
  };
  StartServer();
  std::thread first([&] { EXPECT_TRUE(Read().ok()); });
  first_runs.WaitForNotification();
  grpc::ClientContext context;
  context.set_deadline(In(absl::Milliseconds(200)));
  AnswerResponse response;
  EXPECT_EQ(stub_->Read(&context, AnswerRequest(), &response).error_code(),
            grpc::StatusCode::DEADLINE_EXCEEDED);
  // The server's deadline is later than the client's by as long as the call took to arrive.
  const absl::Time surely_over = absl::Now() + absl::Seconds(2);
  EXPECT_EVENTUALLY(absl::Now() > surely_over, kPatience);
  release.Notify();
  first.join();
  const auto ended_late = [&] {
    const std::string metrics = telemetry_.metrics.Serialize();
    return metrics.find("DEADLINE_EXCEEDED") != std::string::npos ||
           metrics.find("CANCELLED") != std::string::npos;
  };
  EXPECT_EVENTUALLY(ended_late(), kPatience);
  EXPECT_EQ(begun, 1);
}

TEST_F(HandleTest, TellsThatTheCallerWentAway) {
  absl::Notification begun, seen;
  service_->on_read = [&](Call& call) {
    begun.Notify();
    EXPECT_TRUE(testkit::Eventually(kPatience, [&] { return call.Cancelled(); }));
    EXPECT_EQ(call.Alive().code(), absl::StatusCode::kCancelled);
    seen.Notify();
    return call.Alive();
  };
  StartServer();
  grpc::ClientContext context;
  std::thread caller([&] {
    EXPECT_EQ(CallWith(context, &TestService::Stub::Read).error_code(),
              grpc::StatusCode::CANCELLED);
  });
  begun.WaitForNotification();
  context.TryCancel();
  EXPECT_TRUE(seen.WaitForNotificationWithTimeout(kPatience));
  caller.join();
}

TEST_F(HandleTest, RefusesAtOnceWhenTheExecutorIsFull) {
  service_ = std::make_unique<Service>(telemetry_, ExecutorOptions{.threads = 1, .queue_max = 1});
  absl::Notification runs, release;
  service_->on_read = [&](Call&) {
    if (!runs.HasBeenNotified()) runs.Notify();
    release.WaitForNotification();
    return absl::OkStatus();
  };
  StartServer();
  const auto read = [&] {
    grpc::ClientContext context;
    AnswerResponse response;
    return stub_->Read(&context, AnswerRequest(), &response);
  };
  std::thread running([&] { EXPECT_TRUE(read().ok()); });
  runs.WaitForNotification();
  std::thread waiting([&] { EXPECT_TRUE(read().ok()); });
  EXPECT_EVENTUALLY(telemetry_.metrics.Serialize().find(
                        "tally_executor_waiting{executor=\"reads\"} 1") != std::string::npos,
                    kPatience);
  const grpc::Status refused = read();
  EXPECT_EQ(refused.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_EQ(DetailsOf(refused).reason, "SERVER_BUSY");
  EXPECT_EQ(DetailsOf(refused).retry_delay, absl::Seconds(1));
  release.Notify();
  running.join();
  waiting.join();
}

TEST_F(HandleTest, RefusesMethodsThatAreNotBuiltWithAReason) {
  StartServer();
  std::vector<grpc::Status> statuses;
  AnswerResponse response;
  grpc::ClientContext contexts[4];
  statuses.push_back(stub_->NotBuilt(&contexts[0], AnswerRequest(), &response));
  statuses.push_back(stub_->NotBuiltServerStream(&contexts[1], AnswerRequest())->Finish());
  statuses.push_back(stub_->NotBuiltClientStream(&contexts[2], &response)->Finish());
  statuses.push_back(stub_->NotBuiltBidiStream(&contexts[3])->Finish());
  for (const grpc::Status& status : statuses) {
    EXPECT_EQ(status.error_code(), grpc::StatusCode::UNIMPLEMENTED);
    EXPECT_EQ(DetailsOf(status).reason, "METHOD_NOT_IMPLEMENTED");
  }
}

TEST_F(HandleTest, PassesOnOnlyAWellFormedTraceContext) {
  service_->on_answer = [](AnswerCall& call) {
    call.response().set_text(std::string(call.traceparent()));
    call.Finish(absl::OkStatus());
  };
  StartServer();
  const auto echo = [&](const char* sent) {
    grpc::ClientContext context;
    context.AddMetadata("traceparent", sent);
    EXPECT_TRUE(CallWith(context, &TestService::Stub::Answer).ok());
    return response_.text();
  };
  const char* const good = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
  EXPECT_EQ(echo(good), good);
  EXPECT_EQ(echo("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-0"), "");
  EXPECT_EQ(echo("00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01"), "");
  EXPECT_TRUE(Answer().ok());
  EXPECT_EQ(response_.text(), "");
}

TEST_F(HandleTest, DoesNotTurnAStormOfErrorsIntoAStormOfLines) {
  AnswerWith(absl::InternalError("broken"));
  ::testing::internal::CaptureStderr();
  for (int i = 0; i < 300; ++i) EXPECT_EQ(Answer().error_code(), grpc::StatusCode::INTERNAL);
  const std::string log = ::testing::internal::GetCapturedStderr();
  const auto lines = std::count(log.begin(), log.end(), '\n');
  EXPECT_GT(lines, 0);
  EXPECT_LT(lines, 300);
}

}  // namespace
}  // namespace tally::rpc::testing
