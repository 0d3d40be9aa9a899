#include "common/rpc/google_types.h"

#include <gtest/gtest.h>

#include <limits>

namespace tally::rpc {
namespace {

google::protobuf::Timestamp Timestamp(absl::Time time) {
  google::protobuf::Timestamp message;
  ToMessage(time, message);
  return message;
}

TEST(GoogleTypes, ATimeBefore1970HasNanosFromTheSecondBefore) {
  const google::protobuf::Timestamp message = Timestamp(absl::FromUnixMicros(-1));
  EXPECT_EQ(message.seconds(), -1);
  EXPECT_EQ(message.nanos(), 999'999'000);
  EXPECT_EQ(ToTime(message), absl::FromUnixMicros(-1));
}

TEST(GoogleTypes, TheFarthestTimesThatMicrosecondsHoldAreKept) {
  for (const int64_t micros :
       {std::numeric_limits<int64_t>::min(), std::numeric_limits<int64_t>::max()}) {
    const absl::Time time = absl::FromUnixMicros(micros);
    EXPECT_EQ(ToTime(Timestamp(time)), time);
    EXPECT_EQ(ToTime(Timestamp(time + 10 * (time - absl::UnixEpoch()))), time);
  }
}

TEST(GoogleTypes, TimesGoThereAndBackCutOffAtMicroseconds) {
  const absl::Time micros = absl::FromUnixMicros(1'291'191'960'000'001);
  EXPECT_EQ(ToTime(Timestamp(micros + absl::Nanoseconds(999))), micros);
  google::protobuf::Timestamp message = Timestamp(micros);
  EXPECT_EQ(message.seconds(), 1'291'191'960);
  EXPECT_EQ(message.nanos(), 1'000);
  message.set_nanos(1'999);
  EXPECT_EQ(ToTime(message), micros);
}

TEST(GoogleTypes, MoneyKeepsItsSignInBothParts) {
  google::type::Money message;
  ToMessage(*base::Money::Create("GBP", -2, -550'000'000), message);
  EXPECT_EQ(message.currency_code(), "GBP");
  EXPECT_EQ(message.units(), -2);
  EXPECT_EQ(message.nanos(), -550'000'000);
}

TEST(GoogleTypes, ADayIsADate) {
  google::type::Date message;
  ToMessage(absl::CivilDay(2010, 12, 1), message);
  EXPECT_EQ(message.year(), 2010);
  EXPECT_EQ(message.month(), 12);
  EXPECT_EQ(message.day(), 1);
}

}  // namespace
}  // namespace tally::rpc
