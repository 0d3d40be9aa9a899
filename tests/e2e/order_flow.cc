#include "tests/e2e/order_flow.h"

#include <signal.h>

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/base/status_macros.h"
#include "tests/e2e/database_query.h"
#include "tests/e2e/tally.h"

namespace tally::e2e {
namespace {

constexpr absl::Duration kPatience = absl::Seconds(120);

absl::StatusOr<CountedDays> GetToday(const System& system) {
  Days around;  // It may be midnight.
  for (const int days : {-1, 1}) {
    const absl::Time day = absl::Now() + days * absl::Hours(24);
    around[absl::FormatTime("%Y-%m-%d", day, absl::UTCTimeZone())] = {};
  }
  return GetCountedDays(system, around);
}

}  // namespace

absl::StatusOr<std::unique_ptr<OrderFlow>> OrderFlow::Start(const System& system) {
  std::unique_ptr<OrderFlow> flow(new OrderFlow);
  ASSIGN_OR_RETURN(
      flow->process_,
      testkit::Process::Start(
          {.argv = {ProgramPath("tally"), "load", "--rate=100", "--duration=10m", "--deadline=60s",
                    "--json", absl::StrCat("--orders=", system.orders().address())}}));
  return flow;
}

absl::Status OrderFlow::Stop() {
  RETURN_IF_ERROR(process_->Signal(SIGINT));
  ASSIGN_OR_RETURN(const int exit_code, process_->Wait(kPatience));
  return exit_code == 0 ? absl::OkStatus() : absl::InternalError(process_->Describe());
}

absl::Status PlaceInBulk(const System& system, int orders) {
  ASSIGN_OR_RETURN(const Ended load,
                   RunTally(system,
                            {"load", "--bulk", "--json", "--deadline=60s", "--connections=2",
                             "--concurrency=2000", absl::StrCat("--count=", orders)},
                            kPatience));
  return load.exit_code == 0 ? absl::OkStatus() : absl::InternalError(load.out + load.err);
}

absl::StatusOr<DayTotals> PlacedToday(const System& system) {
  DayTotals placed;
  ASSIGN_OR_RETURN(placed.orders, QueryNumber(system.orders_database(), "placed_orders.sql"));
  ASSIGN_OR_RETURN(placed.pence, QueryNumber(system.orders_database(), "placed_pence.sql"));
  return placed;
}

absl::StatusOr<DayTotals> CountedToday(const System& system) {
  ASSIGN_OR_RETURN(const CountedDays today, GetToday(system));
  DayTotals counted;
  for (const auto& [date, totals] : today.days) {
    counted.orders += totals.orders;
    counted.pence += totals.pence;
  }
  return counted;
}

bool CountsAllUntil(absl::Time time, const System& system) {
  const absl::StatusOr<CountedDays> today = GetToday(system);
  return today.ok() && today->completeness != "COMPLETENESS_INCOMPLETE" &&
         today->as_of.has_value() && *today->as_of >= time;
}

}  // namespace tally::e2e
