#pragma once

#include <optional>
#include <string>

#include "absl/time/time.h"
#include "client/audit/day_audit.h"
#include "client/audit/lane_ledger.h"
#include "tally/ops/v1/inbox_service.pb.h"

namespace tally::client {

// What an audit found.
struct AuditReport {
  std::string producer = {};
  std::string consumer = {};
  LaneLedger lanes;
  // While the stream delivers, what is not covered may be on its way; otherwise it is missing.
  bool delivering = false;
  ops::v1::ListMissingRangesResponse ranges = {};  // what healing knows of it: the first of them
  std::optional<DayReport> days = {};              // only of a deep audit

  bool Matches() const;
};

// For people; pure, as are the next.
std::string ShowAudit(const AuditReport& report);

// One line.
std::string AuditToJson(const AuditReport& report);

// The text format of Prometheus.
std::string AuditToMetrics(const AuditReport& report, absl::Time now);

}  // namespace tally::client
