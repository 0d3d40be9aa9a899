#include <signal.h>

#include "common/base/status_macros.h"
#include "tests/chaos/fault.h"

namespace tally::chaos {
namespace {

using Services = std::vector<Site::Service>;

constexpr absl::Duration kJump = absl::Minutes(10);

absl::StatusOr<Undo> Kill(Services& services, Random& random) {
  Site::Service& service = AnyOf(services, random);
  service.down = true;
  service.process->Kill();
  return Undo([&service] {
    service.down = false;
    return service.process->Launch();
  });
}

absl::StatusOr<Undo> Freeze(Services& services, Random& random) {
  Site::Service& service = AnyOf(services, random);
  RETURN_IF_ERROR(service.process->Freeze());
  return Undo([&service] { return service.process->Thaw(); });
}

absl::StatusOr<Undo> JumpOfClock(Shim& shim, Random& random) {
  shim.SetClockAhead(random() % 2 == 0 ? kJump : -kJump);
  return Undo([&shim] {
    shim.SetClockAhead(absl::ZeroDuration());
    return absl::OkStatus();
  });
}

}  // namespace

std::vector<FaultKind> ProcessFaults(const Site::Options& options) {
  std::vector<FaultKind> kinds;
  const auto add = [&](const std::string& program, Part part, auto services_of) {
    kinds.push_back({"kill_" + program, part,
                     [=](Site& site, Random& random) { return Kill(services_of(site), random); }});
    kinds.push_back({"freeze_" + program, part, [=](Site& site, Random& random) {
                       return Freeze(services_of(site), random);
                     }});
    kinds.push_back({"clock_of_" + program, part, [=](Site& site, Random& random) {
                       return JumpOfClock(*AnyOf(services_of(site), random).shim, random);
                     }});
  };
  add("order_service", Part::kOrderService, [](Site& site) -> Services& { return site.orders(); });
  add("activity_service", Part::kActivityService,
      [](Site& site) -> Services& { return site.activity(); });
  if (!options.sqlite) {
    kinds.push_back({"clock_of_postgresql", Part::kDatabase, [](Site& site, Random& random) {
                       return JumpOfClock(site.postgres_shim(), random);
                     }});
  }
  return kinds;
}

}  // namespace tally::chaos
