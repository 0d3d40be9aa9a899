#include "tests/integration/activity_service/instance.h"

#include <utility>

#include "activity_service/domain/orders_cancelled.h"
#include "activity_service/domain/orders_created.h"
#include "common/base/status_macros.h"
#include "common/inbox/migrations.h"
#include "tally/events/v1/order_events.pb.h"
#include "tests/testkit/deliveries.h"
#include "tests/testkit/die.h"

namespace tally::activity {
namespace {

void Require(const absl::Status& status) {
  if (!status.ok()) testkit::Die(status.ToString());
}

std::unique_ptr<db::Database> Open(const std::string& url, base::Clock& clock,
                                   telemetry::Telemetry& telemetry) {
  auto database = db::Database::Open({.url = url}, clock, telemetry);
  Require(database.status());
  Require((*database)->Migrate("inbox", inbox::kMigrations));
  Require(ActivityStore::Migrate(**database));
  return *std::move(database);
}

std::vector<std::unique_ptr<Activity>> Activities() {
  std::vector<std::unique_ptr<Activity>> activities;
  activities.push_back(std::make_unique<OrdersCreated>());
  activities.push_back(std::make_unique<OrdersCancelled>());
  return activities;
}

void SetTotal(const base::Money& total, events::v1::OrderSnapshot& order) {
  order.set_currency(total.currency());
  order.mutable_total()->set_currency_code(total.currency());
  order.mutable_total()->set_units(total.units());
  order.mutable_total()->set_nanos(total.nanos());
}

bus::Event MakeEvent(int lane, int64_t sequence, absl::Time time,
                     const google::protobuf::Message& payload) {
  bus::Event event = testkit::MakeEvent(lane, sequence, payload.SerializeAsString(),
                                        payload.GetDescriptor()->full_name());
  event.time = time;
  return event;
}

}  // namespace

bus::Event Created(int lane, int64_t sequence, absl::Time time, const base::Money& total) {
  events::v1::OrderCreated created;
  SetTotal(total, *created.mutable_order());
  return MakeEvent(lane, sequence, time, created);
}

bus::Event Cancelled(int lane, int64_t sequence, absl::Time time, const base::Money& total) {
  events::v1::OrderCancelled cancelled;
  SetTotal(total, *cancelled.mutable_after());
  return MakeEvent(lane, sequence, time, cancelled);
}

base::Money Money(absl::string_view currency, int64_t units, int64_t nanos) {
  return base::Money::Create(currency, units, nanos).value();
}

Instance::Instance(const std::string& url)
    : telemetry(telemetry::LogFormat::kText, telemetry::LogLevel::kError, "activity_service"),
      database(Open(url, clock, telemetry)),
      inbox_store("activity_service", *database),
      counter(Activities(), store),
      inbox({}, inbox_store, counter, clock, telemetry) {}

absl::StatusOr<inbox::Inbox::Received> Instance::Receive(const std::vector<bus::Event>& events) {
  std::vector<bus::Delivery> deliveries;
  for (const bus::Event& event : events) deliveries.push_back(testkit::Deliver(event));
  return inbox.Receive(deliveries, absl::FromUnixMicros(42), [] {});
}

std::vector<DayTotals> Instance::Sum(const std::vector<base::TimeInterval>& intervals) {
  std::vector<DayTotals> sums;
  Require(database->Run(db::Mode::kRead, absl::Now() + absl::Seconds(30),
                        [&](db::Transaction& transaction) -> absl::Status {
                          ASSIGN_OR_RETURN(sums, store.Sum(transaction, intervals));
                          return absl::OkStatus();
                        }));
  return sums;
}

inbox::LetterCounts Instance::Letters() {
  inbox::LetterCounts counts;
  Require(database->Run(db::Mode::kRead, absl::Now() + absl::Seconds(30),
                        [&](db::Transaction& transaction) {
                          auto counted = inbox_store.CountLetters(transaction);
                          if (counted.ok()) counts = *counted;
                          return counted.status();
                        }));
  return counts;
}

}  // namespace tally::activity
