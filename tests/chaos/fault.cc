#include "tests/chaos/fault.h"

namespace tally::chaos {

std::vector<FaultKind> FaultKinds(const Site::Options& options) {
  std::vector<FaultKind> all;
  for (const auto& kinds :
       {ProcessFaults(options), DatabaseFaults(options), NetworkFaults(options), BrokerFaults()}) {
    all.insert(all.end(), kinds.begin(), kinds.end());
  }
  return all;
}

}  // namespace tally::chaos
