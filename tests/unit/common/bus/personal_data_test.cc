#include "common/bus/personal_data.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tally/events/v1/order_events.pb.h"
#include "tests/testkit/status_matchers.h"

namespace tally::bus {
namespace {

using testkit::StatusIs;

constexpr char kCancelled[] = "tally.events.v1.OrderCancelled";

std::string Cancelled(const std::string& customer) {
  events::v1::OrderCancelled event;
  event.mutable_before()->set_customer(customer);
  event.mutable_after()->set_customer(customer);
  event.mutable_after()->set_currency(customer);  // any other field, even if it reads the same
  event.mutable_after()->add_lines()->set_sku("TEA");
  event.set_reason("Ada moved house");
  return event.SerializeAsString();
}

TEST(PersonalDataTest, ErasesThePersonAndWhatTellsOfThemAndNothingElse) {
  ASSERT_OK_AND_ASSIGN(const ErasedPayload erased,
                       ErasePerson(kCancelled, Cancelled("ada"), "ada"));
  EXPECT_TRUE(erased.changed);
  events::v1::OrderCancelled event;
  ASSERT_TRUE(event.ParseFromString(erased.payload));
  EXPECT_EQ(event.before().customer(), kErased);
  EXPECT_EQ(event.after().customer(), kErased);
  EXPECT_EQ(event.reason(), "");
  EXPECT_EQ(event.after().currency(), "ada");
  EXPECT_EQ(event.after().lines(0).sku(), "TEA");
}

TEST(PersonalDataTest, LeavesOthersAlone) {
  const std::string payload = Cancelled("adam");
  ASSERT_OK_AND_ASSIGN(const ErasedPayload erased, ErasePerson(kCancelled, payload, "ada"));
  EXPECT_FALSE(erased.changed);
  EXPECT_EQ(erased.payload, payload);
}

TEST(PersonalDataTest, MayBeRepeated) {
  ASSERT_OK_AND_ASSIGN(const ErasedPayload once, ErasePerson(kCancelled, Cancelled("ada"), "ada"));
  ASSERT_OK_AND_ASSIGN(const ErasedPayload twice, ErasePerson(kCancelled, once.payload, "ada"));
  EXPECT_FALSE(twice.changed);
}

TEST(PersonalDataTest, KeepsFieldsThatOnlyANewerVersionKnows) {
  const std::string newer = Cancelled("ada") + std::string("\xfa\x3f\x03new", 6);
  ASSERT_OK_AND_ASSIGN(const ErasedPayload erased, ErasePerson(kCancelled, newer, "ada"));
  EXPECT_THAT(erased.payload, testing::HasSubstr("new"));
}

TEST(PersonalDataTest, SaysWhatItCannotRead) {
  EXPECT_THAT(ErasePerson("no.such.Event", "", "ada"), StatusIs(absl::StatusCode::kNotFound));
  EXPECT_THAT(ErasePerson(kCancelled, "\xff", "ada"), StatusIs(absl::StatusCode::kDataLoss));
}

}  // namespace
}  // namespace tally::bus
