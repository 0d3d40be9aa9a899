#include <algorithm>
#include <cstdio>
#include <fstream>
#include <optional>
#include <string>

#include "absl/flags/flag.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "client/audit/audit_report.h"
#include "client/audit/day_audit.h"
#include "client/audit/lane_ledger.h"
#include "client/audit/lane_walk.h"
#include "client/commands.h"
#include "client/day_flag.h"
#include "client/flags.h"
#include "client/ops/ops_call.h"
#include "common/base/monotonic.h"
#include "common/base/wake_up.h"

namespace tally::client {
namespace {

using ops::v1::GetInboxStatusRequest;
using ops::v1::GetInboxStatusResponse;
using ops::v1::InboxService;
using ops::v1::OutboxService;

constexpr absl::Duration kWalkAgainAfter = absl::Milliseconds(500);
const absl::CivilDay kFirstDay(1980, 1, 1);

struct Days {
  absl::CivilDay first;
  absl::CivilDay last;
};

// Up to tomorrow: an order's time may lie a little ahead.
Days ReadDays(base::Violations& problems) {
  const absl::CivilDay tomorrow = absl::ToCivilDay(absl::Now(), absl::UTCTimeZone()) + 1;
  const Days days = {ReadDay(absl::GetFlag(FLAGS_from), "--from", problems).value_or(kFirstDay),
                     ReadDay(absl::GetFlag(FLAGS_to), "--to", problems).value_or(tomorrow)};
  if (days.last < days.first) problems.Add("--to", "must not be before --from");
  return days;
}

// The two services, and how long differences may take to go away.
struct Audit {
  explicit Audit(const Invocation& call)
      : invocation(call),
        consumer(call.settings.activity),
        producer(call.settings.orders),
        end(base::MonotonicNow() + call.settings.deadline) {}

  const Invocation& invocation;
  OpsServer<InboxService> consumer;
  OpsServer<OutboxService> producer;
  const absl::Duration end;
};

ExitCode CompareLanes(Audit& audit, AuditReport& report) {
  ops::v1::GetOutboxStatusResponse outbox;
  ExitCode code = CallOps(audit.invocation, audit.producer, &OutboxService::Stub::GetOutboxStatus,
                          ops::v1::GetOutboxStatusRequest(), outbox);
  if (code != ExitCode::kOk) return code;
  report.producer = outbox.source();
  LaneWalk walk(audit.invocation, audit.consumer, audit.producer, report.producer);
  base::WakeUp pause;
  code = walk.Run(report.lanes);
  while (code == ExitCode::kOk && report.lanes.Total().may_settle() &&
         base::MonotonicNow() < audit.end) {
    pause.WaitFor(kWalkAgainAfter);
    code = walk.Run(report.lanes);
  }
  return code;
}

// What the consumer says of what stays missing.
ExitCode AskConsumer(Audit& audit, AuditReport& report) {
  GetInboxStatusResponse inbox;
  const ExitCode code =
      CallOps(audit.invocation, audit.consumer, &InboxService::Stub::GetInboxStatus,
              GetInboxStatusRequest(), inbox);
  if (code != ExitCode::kOk) return code;
  report.consumer = inbox.consumer();
  report.delivering = inbox.pending_events() + inbox.unacknowledged_events() > 0;
  if (report.lanes.Total().matches()) return ExitCode::kOk;
  ops::v1::ListMissingRangesRequest request;
  request.set_source(report.producer);
  return CallOps(audit.invocation, audit.consumer, &InboxService::Stub::ListMissingRanges, request,
                 report.ranges);
}

// Whole or not at all: who reads it may come at any time.
ExitCode WriteMetrics(const std::string& path, const AuditReport& report) {
  if (path.empty()) return ExitCode::kOk;
  const std::string unfinished = absl::StrCat(path, ".tmp");
  std::ofstream file(unfinished, std::ios::trunc);
  file << AuditToMetrics(report, absl::Now());
  file.close();
  if (file.good() && std::rename(unfinished.c_str(), path.c_str()) == 0) return ExitCode::kOk;
  std::fprintf(stderr, "tally: cannot write %s\n", path.c_str());
  return ExitCode::kWrongUsage;
}

}  // namespace

ExitCode RunAudit(Invocation& invocation) {
  const bool deep = absl::GetFlag(FLAGS_deep);
  const Days days = ReadDays(invocation.problems);
  if (!deep && !(absl::GetFlag(FLAGS_from).empty() && absl::GetFlag(FLAGS_to).empty())) {
    invocation.problems.Add("--from", "only with --deep");
  }
  if (!invocation.problems.empty()) return ExitCode::kWrongUsage;

  Audit audit(invocation);
  AuditReport report{.lanes = LaneLedger(absl::GetFlag(FLAGS_all))};
  ExitCode code = CompareLanes(audit, report);
  if (code == ExitCode::kOk) code = AskConsumer(audit, report);
  if (code == ExitCode::kOk && deep) {
    code = DayAudit(invocation, audit.end).Run(days.first, days.last, report.days.emplace());
  }
  if (code != ExitCode::kOk) return code;
  if (invocation.settings.json) {
    std::puts(AuditToJson(report).c_str());
  } else {
    std::fputs(ShowAudit(report).c_str(), stdout);
  }
  code = WriteMetrics(absl::GetFlag(FLAGS_metrics_file), report);
  if (code != ExitCode::kOk) return code;
  return report.Matches() ? ExitCode::kOk : ExitCode::kDiffer;
}

}  // namespace tally::client
