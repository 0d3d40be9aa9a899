#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "client/audit/audit_day.h"
#include "client/audit/day_facts.h"
#include "client/command.h"
#include "client/ops/ops_call.h"
#include "common/base/civil_day.h"
#include "tally/activity/v1/activity_service.grpc.pb.h"
#include "tally/orders/v1/audit_service.grpc.pb.h"

namespace tally::client {

// A day that does not match.
struct DayDifference {
  DayVerdict verdict = DayVerdict::kDiffers;
  DayFacts orders = {};
  DayFacts counted = {};
  // Of a day that changes, the 24 hours up to this time match; of one that differs, the figures are
  // of them.
  std::optional<absl::Time> until = {};
};

// What came of it.
struct DayReport {
  int64_t matching = 0;  // days on which anything happened
  // Those that differ, or change so fast that no two readings agree.
  std::map<absl::CivilDay, DayDifference> differences;
  // Days before this one are not compared: orders of theirs may have been removed because of their
  // age. Infinite past: all are.
  absl::CivilDay comparable_from = absl::CivilDay::min();
  int64_t not_comparable = 0;  // days before it on which anything happened

  bool Matches() const;
};

// Holds the orders' own sums against the statistics, UTC day by UTC day, while orders flow. A day
// that differs is read again until `end`: the orders, then, once the statistics have counted all
// that there was, the statistics, then the orders again. Blocks; says on stderr what went wrong.
class DayAudit {
 public:
  DayAudit(const Invocation& invocation, absl::Duration end);

  // From the first to the last day, both included.
  ExitCode Run(absl::CivilDay first, absl::CivilDay last, DayReport& report);

 private:
  // Days read once more, each thrice. `fresh`: all that the first reading of the orders has was
  // counted, or is known not to be, when the statistics were read.
  struct Reading {
    std::vector<DayFacts> before;
    std::vector<DayFacts> counted;
    std::vector<DayFacts> after;
    bool fresh = false;
  };

  ExitCode CompareAll(absl::CivilDay first, absl::CivilDay last, DayReport& report);
  ExitCode Recheck(DayReport& report);
  ExitCode CheckUpToTheHour(DayReport& report);
  ExitCode ReadThrice(const std::vector<AuditDay>& days, Reading& reading);
  ExitCode AwaitFresh(bool& fresh);
  // Known when the orders were read.
  absl::CivilDay ComparableFrom() const;

  ExitCode ReadOrders(const base::TimeInterval& within, FactsByDay& facts);
  ExitCode ReadOrders(const AuditDay& day, DayFacts& facts);
  ExitCode ReadChange(orders::v1::SumOrdersRequest request, OrderFacts DayFacts::*side,
                      FactsByDay& facts);
  ExitCode ReadCounted(absl::CivilDay first, absl::CivilDay last, const std::string& zone,
                       activity::v1::ListDailyActivityResponse& response);
  ExitCode ReadCounted(const AuditDay& day, DayFacts& facts);

  const Invocation& invocation_;
  const absl::Duration end_;  // of base::MonotonicNow()
  OpsServer<orders::v1::AuditService> orders_;
  OpsServer<activity::v1::ActivityService> activity_;
  absl::Time complete_from_ = absl::InfinitePast();
};

}  // namespace tally::client
