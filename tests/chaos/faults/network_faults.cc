#include <functional>

#include "absl/strings/string_view.h"
#include "tests/chaos/fault.h"
#include "tests/testkit/eventually.h"

namespace tally::chaos {
namespace {

using testkit::TcpGate;

constexpr absl::Duration kUntilStruck = absl::Seconds(5);
constexpr absl::Duration kDelay = absl::Milliseconds(200);
constexpr size_t kPieceBytes = 64;
// With its end, so that READ COMMITTED is not meant.
constexpr absl::string_view kCommit("COMMIT\0", 7);

using Gates = std::vector<TcpGate*>;

Site::Service& AnyService(Site& site, Random& random) {
  return AnyOf(random() % 2 == 0 ? site.orders() : site.activity(), random);
}

Gates DatabaseGates(Site& site, Random& random) {
  return {AnyService(site, random).database_gate.get()};
}

Gates BusGatesOf(const Site::Service& service) {
  Gates gates;
  for (const auto& gate : service.bus_gates) gates.push_back(gate.get());
  return gates;
}

Gates BusGates(Site& site, Random& random) { return BusGatesOf(AnyService(site, random)); }

Undo Forward(const Gates& gates) {
  return [gates] {
    for (TcpGate* gate : gates) gate->Forward();
    return absl::OkStatus();
  };
}

Undo Cut(const Gates& gates, Random&) {
  for (TcpGate* gate : gates) {
    gate->Refuse();
    gate->CutAll();
  }
  return Forward(gates);
}

Undo Delay(const Gates& gates, Random&) {
  for (TcpGate* gate : gates) gate->Delay(kDelay);
  return Forward(gates);
}

Undo Silence(const Gates& gates, Random&) {
  for (TcpGate* gate : gates) gate->Delay(absl::InfiniteDuration());
  return Forward(gates);
}

Undo Trickle(const Gates& gates, Random&) {
  for (TcpGate* gate : gates) gate->Trickle(kPieceBytes);
  return Forward(gates);
}

int Sum(const Gates& gates, int (TcpGate::*count)() const) {
  int sum = 0;
  for (const TcpGate* gate : gates) sum += (gate->*count)();
  return sum;
}

// Arms all of them, and waits until one has met what it was armed for.
absl::StatusOr<Undo> StrikeOnce(const Gates& gates, const std::function<void(TcpGate&)>& arm,
                                int (TcpGate::*count)() const) {
  const int before = Sum(gates, count);
  for (TcpGate* gate : gates) arm(*gate);
  const bool struck = testkit::Eventually(kUntilStruck, [&] { return Sum(gates, count) > before; });
  for (TcpGate* gate : gates) gate->Disarm();
  if (!struck) return absl::UnavailableError("nothing came by");
  return Undo([gates] {
    for (TcpGate* gate : gates) gate->Release();
    return absl::OkStatus();
  });
}

// A commit that is done, and whose reply nobody gets.
absl::StatusOr<Undo> SwallowCommitReply(Site& site, Random& random) {
  return StrikeOnce(
      DatabaseGates(site, random), [](TcpGate& gate) { gate.SwallowReplyTo("COMMIT"); },
      &TcpGate::swallowed);
}

// A commit that is done later, when its client has long been cut off.
absl::StatusOr<Undo> DelayCommit(Site& site, Random& random) {
  return StrikeOnce(
      DatabaseGates(site, random), [](TcpGate& gate) { gate.StrandRequest(kCommit); },
      &TcpGate::held);
}

absl::StatusOr<Undo> SwallowPublishAck(Site& site, Random& random) {
  return StrikeOnce(
      BusGatesOf(AnyOf(site.orders(), random)), [](TcpGate& gate) { gate.SwallowPublishAck(); },
      &TcpGate::swallowed);
}

}  // namespace

std::vector<FaultKind> NetworkFaults(const Site::Options& options) {
  std::vector<FaultKind> kinds;
  const auto add = [&](const std::string& name, Part part, auto gates, auto fault) {
    kinds.push_back({name, part, [=](Site& site, Random& random) -> absl::StatusOr<Undo> {
                       return fault(gates(site, random), random);
                     }});
  };
  if (!options.sqlite) {
    add("cut_database", Part::kDatabaseNetwork, DatabaseGates, Cut);
    add("delay_database", Part::kDatabaseNetwork, DatabaseGates, Delay);
    add("trickle_database", Part::kDatabaseNetwork, DatabaseGates, Trickle);
    add("silence_database", Part::kDatabaseNetwork, DatabaseGates, Silence);
    kinds.push_back({"swallow_commit_reply", Part::kDatabaseNetwork, SwallowCommitReply});
    kinds.push_back({"delay_commit", Part::kDatabaseNetwork, DelayCommit});
  }
  add("cut_bus", Part::kBusNetwork, BusGates, Cut);
  add("delay_bus", Part::kBusNetwork, BusGates, Delay);
  add("trickle_bus", Part::kBusNetwork, BusGates, Trickle);
  add("silence_bus", Part::kBusNetwork, BusGates, Silence);
  kinds.push_back({"swallow_publish_ack", Part::kBusNetwork, SwallowPublishAck});
  return kinds;
}

}  // namespace tally::chaos
