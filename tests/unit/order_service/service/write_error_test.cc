#include "order_service/service/write_error.h"

#include "common/db/error.h"
#include "common/outbox/stopping.h"
#include "common/rpc/error_details.h"
#include "gtest/gtest.h"

namespace tally::orders {
namespace {

struct Told {
  absl::StatusCode code;
  std::string reason;
  std::optional<absl::Duration> retry_delay;

  friend bool operator==(const Told&, const Told&) = default;
};

Told ToldOf(const absl::Status& status) {
  const absl::Status error = WriteError(status);
  const rpc::ErrorDetails details = rpc::DetailsOf(error);
  return {error.code(), details.reason, details.retry_delay};
}

TEST(WriteError, ADatabaseOutOfReachIsToldFromAServiceThatStops) {
  EXPECT_EQ(ToldOf(absl::UnavailableError("away")),
            (Told{absl::StatusCode::kUnavailable, "DATABASE_UNAVAILABLE", absl::Seconds(1)}));
  EXPECT_EQ(ToldOf(outbox::StoppingError()),
            (Told{absl::StatusCode::kUnavailable, "STOPPING", absl::Seconds(1)}));
}

TEST(WriteError, AFullQueueIsAskedAgainSoon) {
  EXPECT_EQ(ToldOf(absl::ResourceExhaustedError("full")),
            (Told{absl::StatusCode::kResourceExhausted, "QUEUE_FULL", absl::Milliseconds(200)}));
}

// UNKNOWN would not say what to do, and clients do not retry it.
TEST(WriteError, AnOutcomeThatIsNotKnownSaysHowToFindOut) {
  const absl::Status error = WriteError(absl::UnknownError("in doubt"));
  EXPECT_EQ(ToldOf(absl::UnknownError("in doubt")),
            (Told{absl::StatusCode::kDeadlineExceeded, "OUTCOME_UNKNOWN", std::nullopt}));
  EXPECT_NE(error.message().find("same request_id"), std::string::npos);
}

TEST(WriteError, OtherErrorsKeepTheirCode) {
  for (const absl::Status& status :
       {absl::DeadlineExceededError("late"), absl::CancelledError("gone"),
        db::MakeError(db::ErrorKind::kData, "22001", "InsertOrders")}) {
    EXPECT_EQ(ToldOf(status).code, status.code());
  }
}

}  // namespace
}  // namespace tally::orders
