#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "tests/chaos/audit.h"
#include "tests/chaos/fault.h"
#include "tests/chaos/ledger.h"
#include "tests/chaos/load.h"
#include "tests/chaos/site.h"
#include "tests/chaos/standstill_watch.h"

namespace tally::chaos {

// Faults, a few at a time, while clients buy; now and then a quiet point, at which the faults cease
// and everything must be settled, counted and equal to the ledger within a time. One thread.
class Campaign {
 public:
  struct Options {
    uint64_t seed = 0;
    absl::Duration span = absl::Minutes(1);  // Of the faults; each kind strikes once all the same.
    absl::Duration catch_up_max = absl::Seconds(30);
    double orders_per_second = 60;
    Site::Options site;
    std::vector<FaultKind> kinds;
  };

  struct Report {
    std::map<std::string, int64_t> faults;  // by kind
    int64_t volleys = 0;
    Ledger::Counts orders;
    int64_t counted = 0;  // Orders, in the statistics.
    int64_t lost = 0;     // Orders or counts.
    int64_t twice = 0;
    absl::Duration longest_catch_up;
    int64_t restarts = 0;
    std::vector<std::string> failures;  // Empty: every promise was kept.
  };

  explicit Campaign(Options options);

  // Blocks to the end. What fails is in the report; an error: the campaign itself could not go on.
  absl::StatusOr<Report> Run();

 private:
  struct Strike {
    const FaultKind* kind;
    Undo undo;
  };

  absl::Status RunVolleys();
  absl::Status RunVolley();
  std::vector<const FaultKind*> Deal();
  bool EachHasStruck() const;
  absl::Status Hold(absl::Duration span);
  absl::Duration Uniform(absl::Duration min, absl::Duration max);
  absl::Status QuietPoint();  // Nobody buys when it returns.
  void Take(const Findings& findings);
  void Fail(const std::string& what);
  void Progress(const std::string& text) const;

  const Options options_;
  Random random_;
  Ledger ledger_;
  std::unique_ptr<Site> site_;
  std::unique_ptr<Load> load_;
  std::unique_ptr<Buyer> settler_;
  std::vector<const FaultKind*> deck_;
  StandstillWatch time_;       // By which all is measured.
  absl::Duration last_fault_;  // its end
  Report report_;
};

}  // namespace tally::chaos
