// The payload of an event behind a byte that says of which type: OrderCreated, OrderCancelled.

#include <string>
#include <vector>

#include "activity_service/domain/bucket.h"
#include "activity_service/domain/day_totals.h"
#include "activity_service/domain/items_ordered.h"
#include "activity_service/domain/orders_cancelled.h"
#include "activity_service/domain/orders_created.h"
#include "common/base/check.h"
#include "common/bus/personal_data.h"
#include "common/ops/payload_decoder.h"
#include "tally/events/v1/order_events.pb.h"
#include "tests/fuzz/input.h"
#include "tests/fuzz/targets.h"

namespace tally::fuzz {
namespace {

using activity::Contribution;

bus::Event ToEvent(absl::string_view input) {
  const bool created = TakeKind(input, 2) == 0;
  return {.lane_id = "01932b5c-7a3e-7c52-9d5e-3f6a1b2c4d5e",
          .sequence = 1,
          .source = "order_service",
          .type = created ? events::v1::OrderCreated::descriptor()->full_name()
                          : events::v1::OrderCancelled::descriptor()->full_name(),
          .subject = "orders.v1.created",
          .time = absl::UnixEpoch(),
          .record_time = absl::UnixEpoch(),
          .traceparent = "",
          .payload = std::string(input)};
}

// What one activity reads of the event: the same each time, decodable or dead at once.
void CheckContributions(const activity::Activity& activity, const bus::Event& event) {
  const absl::StatusOr<std::vector<Contribution>> read = activity.Read(event);
  if (!read.ok()) {
    {
      TALLY_CHECK(absl::IsInvalidArgument(read.status()) || absl::IsOutOfRange(read.status()));
      return;
    }
  }
  activity::BucketTotals buckets;
  activity::DayTotals totals;
  for (const Contribution& contribution : *read) {
    for (int times = 0; times < 2; ++times) {
      const absl::Status in_bucket = buckets.Add(activity.name(), event.time, contribution);
      const absl::Status in_day = activity::AddTo(totals, std::string(activity.name()),
                                                  contribution.count, contribution.amount);
      TALLY_CHECK(in_bucket.code() == in_day.code());
      if (!in_day.ok()) {
        TALLY_CHECK(absl::IsOutOfRange(in_day));
        return;
      }
    }
  }
  TALLY_CHECK(buckets.totals().size() == read->size());
}

std::string CustomerOf(const bus::Event& event) {
  events::v1::OrderCreated created;
  events::v1::OrderCancelled cancelled;
  if (event.type == created.GetTypeName()) {
    return created.ParseFromString(event.payload) ? created.order().customer() : "";
  }
  return cancelled.ParseFromString(event.payload) ? cancelled.after().customer() : "";
}

// Who was erased is named no more, and everything counts as before.
void CheckErasure(const activity::Activity& activity, const bus::Event& event) {
  const std::string customer = CustomerOf(event);
  const auto erased = bus::ErasePerson(event.type, event.payload, customer);
  if (!erased.ok()) {
    TALLY_CHECK(absl::IsDataLoss(erased.status()));
    return;
  }
  if (customer.empty() || customer == bus::kErased) return;
  TALLY_CHECK(erased->changed);
  const auto again = bus::ErasePerson(event.type, erased->payload, customer);
  TALLY_CHECK(again.ok() && !again->changed && again->payload == erased->payload);
  bus::Event without = event;
  without.payload = erased->payload;
  TALLY_CHECK(CustomerOf(without) == bus::kErased);
  TALLY_CHECK(activity.Read(without).status() == activity.Read(event).status());
}

}  // namespace

void Payloads(absl::string_view input) {
  const bus::Event event = ToEvent(input);
  const activity::OrdersCreated created;
  const activity::OrdersCancelled cancelled;
  const activity::ItemsOrdered items;
  for (const activity::Activity* activity : {static_cast<const activity::Activity*>(&created),
                                             static_cast<const activity::Activity*>(&cancelled),
                                             static_cast<const activity::Activity*>(&items)}) {
    if (activity->event_types().front() != event.type) continue;
    CheckContributions(*activity, event);
    CheckErasure(*activity, event);
  }
  const ops::PayloadDecoder decoder(
      {events::v1::OrderCreated::descriptor(), events::v1::OrderCancelled::descriptor()});
  decoder.ToJson(event.type, event.payload);
}

}  // namespace tally::fuzz
