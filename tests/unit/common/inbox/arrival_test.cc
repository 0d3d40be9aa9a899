#include "common/inbox/arrival.h"

#include <gtest/gtest.h>

#include "tests/testkit/deliveries.h"

namespace tally::inbox {
namespace {

using testkit::Deliver;
using testkit::Lane;
using testkit::MakeEvent;

const absl::Time kStreamCreated = absl::FromUnixMicros(42);

// Sets a header, and leaves it out if `value` is null.
bus::Delivery DeliverWith(const char* name, const char* value) {
  bus::Message message = bus::ToMessage(MakeEvent(1, 7));
  bus::Headers headers;
  for (const auto& [n, v] : message.headers.entries()) {
    if (n != name) headers.Set(n, v);
  }
  if (value != nullptr) headers.Set(name, value);
  message.headers = headers;
  return Deliver(std::move(message), 99);
}

Arrival ReadOne(const bus::Delivery& delivery) {
  std::vector<Arrival> arrivals;
  ReadDelivery(delivery, kStreamCreated, arrivals);
  EXPECT_EQ(arrivals.size(), 1);
  return std::move(arrivals.front());
}

TEST(ReadDeliveryTest, ReadsAnEventAndItsPlace) {
  const bus::Delivery delivery = Deliver(MakeEvent(1, 7, "payload"));
  const Arrival arrival = ReadOne(delivery);
  EXPECT_TRUE(arrival.failure.ok()) << arrival.failure;
  EXPECT_EQ(arrival.event_id, Lane(1) + "/7");
  EXPECT_EQ(arrival.lane_id, Lane(1));
  EXPECT_EQ(arrival.sequence, 7);
  EXPECT_EQ(arrival.source, "tests");
  EXPECT_EQ(arrival.event.payload, "payload");
}

TEST(ReadDeliveryTest, AnEventWithoutItsPlaceIsKeyedByTheStream) {
  const std::string too_long(256, 's');
  const std::pair<const char*, const char*> wrong[] = {
      {"ce-lane", nullptr},
      {"ce-lane", "lane"},
      {"ce-sequence", nullptr},
      {"ce-sequence", "0"},
      {"ce-sequence", "-1"},
      {"ce-sequence", "seven"},
      {"ce-sequence", "1000000000000001"},
      {"ce-sequence", "9223372036854775808"},
      {"ce-source", nullptr},
      {"ce-source", "\xff\xfe"},
      {"ce-source", "two words"},
      {"ce-source", too_long.c_str()},
  };
  for (const auto& [name, value] : wrong) {
    const bus::Delivery delivery = DeliverWith(name, value);
    const Arrival arrival = ReadOne(delivery);
    EXPECT_FALSE(arrival.placed()) << name << " " << (value == nullptr ? "absent" : value);
    EXPECT_EQ(arrival.event_id, "42#99");
    EXPECT_EQ(arrival.fault, Fault::kUndecodable);
    EXPECT_FALSE(arrival.failure.ok());
    EXPECT_FALSE(NewLetter(arrival, absl::UnixEpoch()).lane_id.has_value());
  }
}

TEST(ReadDeliveryTest, AnUndecodableEventKeepsItsPlace) {
  const bus::Delivery delivery = DeliverWith("ce-time", "yesterday");
  const Arrival arrival = ReadOne(delivery);
  EXPECT_EQ(arrival.event_id, Lane(1) + "/7");
  EXPECT_TRUE(arrival.placed());
  EXPECT_EQ(arrival.fault, Fault::kUndecodable);
  EXPECT_FALSE(arrival.failure.ok());
  const Letter letter = NewLetter(arrival, absl::UnixEpoch());
  EXPECT_EQ(letter.lane_id, Lane(1));
  EXPECT_EQ(letter.sequence, 7);
  EXPECT_EQ(letter.type, "counted");
}

TEST(ReadDeliveryTest, TheLaneIsOneWhateverItsCase) {
  const bus::Delivery delivery = DeliverWith("ce-lane", "018F0000-0000-7000-8000-000000000001");
  EXPECT_EQ(ReadOne(delivery).lane_id, Lane(1));
}

TEST(ReadDeliveryTest, ReadsEachEventOfAMessageOfSeveral) {
  const bus::Delivery delivery = testkit::DeliverTogether(1, 7, {"a", "b"});
  std::vector<Arrival> arrivals;
  ReadDelivery(delivery, kStreamCreated, arrivals);
  ASSERT_EQ(arrivals.size(), 2);
  EXPECT_EQ(arrivals[1].event_id, Lane(1) + "/8");
  EXPECT_EQ(arrivals[1].lane_id, Lane(1));
  EXPECT_EQ(arrivals[1].sequence, 8);
  EXPECT_EQ(arrivals[1].source, "tests");
  EXPECT_EQ(arrivals[1].event.payload, "b");
  const Letter letter = NewLetter(arrivals[1], absl::UnixEpoch());
  EXPECT_EQ(letter.type, "counted");
  EXPECT_EQ(letter.message.headers.Get("ce-id"), Lane(1) + "/8");
  EXPECT_EQ(letter.message.payload, "b");
}

}  // namespace
}  // namespace tally::inbox
