#include <utility>
#include <vector>

#include "common/base/status_macros.h"
#include "tests/chaos/fault.h"

namespace tally::chaos {
namespace {

using Brokers = std::vector<Site::Broker*>;

// One, or sometimes all.
Brokers SomeBrokers(Site& site, Random& random) {
  Brokers brokers;
  if (random() % 3 != 0) return {&AnyOf(site.brokers(), random)};
  for (Site::Broker& broker : site.brokers()) brokers.push_back(&broker);
  return brokers;
}

void Kill(const Brokers& brokers) {
  for (Site::Broker* broker : brokers) {
    broker->down = true;
    broker->server->Kill();
  }
}

absl::Status Restart(const Brokers& brokers) {
  for (Site::Broker* broker : brokers) {
    RETURN_IF_ERROR(broker->server->Restart());
    broker->down = false;
  }
  return absl::OkStatus();
}

absl::StatusOr<Undo> KillBrokers(Site& site, Random& random) {
  const Brokers brokers = SomeBrokers(site, random);
  Kill(brokers);
  return Undo([brokers] { return Restart(brokers); });
}

absl::StatusOr<Undo> FreezeBrokers(Site& site, Random& random) {
  const Brokers brokers = SomeBrokers(site, random);
  for (Site::Broker* broker : brokers) RETURN_IF_ERROR(broker->server->Freeze());
  return Undo([brokers] {
    for (Site::Broker* broker : brokers) RETURN_IF_ERROR(broker->server->Thaw());
    return absl::OkStatus();
  });
}

absl::StatusOr<Undo> WipeBrokers(Site& site, Random& random) {
  const Brokers brokers = SomeBrokers(site, random);
  Kill(brokers);
  for (Site::Broker* broker : brokers) RETURN_IF_ERROR(broker->server->WipeStore());
  return Undo([brokers] { return Restart(brokers); });
}

// What the brokers take from the copy until the end of the fault they forget then.
absl::StatusOr<Undo> RollBackBrokers(Site& site, Random& random) {
  const Brokers brokers = SomeBrokers(site, random);
  Kill(brokers);
  for (Site::Broker* broker : brokers) RETURN_IF_ERROR(broker->server->CopyStore());
  RETURN_IF_ERROR(Restart(brokers));
  return Undo([brokers] {
    Kill(brokers);
    for (Site::Broker* broker : brokers) RETURN_IF_ERROR(broker->server->RollBackStore());
    return Restart(brokers);
  });
}

}  // namespace

std::vector<FaultKind> BrokerFaults() {
  return {{"kill_nats", Part::kBus, KillBrokers},
          {"freeze_nats", Part::kBus, FreezeBrokers},
          {"wipe_nats", Part::kBus, WipeBrokers},
          {"roll_back_nats", Part::kBus, RollBackBrokers}};
}

}  // namespace tally::chaos
