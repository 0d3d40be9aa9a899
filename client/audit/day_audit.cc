#include "client/audit/day_audit.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "absl/time/clock.h"
#include "client/calls/messages.h"
#include "common/base/monotonic.h"
#include "common/base/wake_up.h"
#include "common/rpc/google_types.h"

namespace tally::client {
namespace {

using activity::v1::ActivityService;
using activity::v1::ListDailyActivityRequest;
using activity::v1::ListDailyActivityResponse;
using orders::v1::AuditService;
using orders::v1::SumOrdersRequest;
using orders::v1::SumOrdersResponse;

constexpr int kDaysAtOnce = 400;  // of ListDailyActivity
constexpr int kRoundsMax = 2;     // for days that change
// Nothing comes to an hour that is over for so long, unless it is imported.
constexpr absl::Duration kLatest = absl::Minutes(1);
const DayFacts kNothing;
constexpr absl::Duration kPollEvery = absl::Milliseconds(200);

ExitCode Refuse(const absl::Status& status) {
  std::fprintf(stderr, "tally: %s\n", std::string(status.message()).c_str());
  return ExitCode::kRefused;
}

}  // namespace

bool DayReport::Matches() const {
  return std::none_of(differences.begin(), differences.end(),
                      [](const auto& day) { return day.second.verdict == DayVerdict::kDiffers; });
}

DayAudit::DayAudit(const Invocation& invocation, absl::Duration end)
    : invocation_(invocation),
      end_(end),
      orders_(invocation.settings.orders),
      activity_(invocation.settings.activity) {}

ExitCode DayAudit::Run(absl::CivilDay first, absl::CivilDay last, DayReport& report) {
  ExitCode code = CompareAll(first, last, report);
  if (code == ExitCode::kOk) code = Recheck(report);
  if (code == ExitCode::kOk) code = CheckUpToTheHour(report);
  report.comparable_from = ComparableFrom();
  // Orders may have been removed while they were read.
  const auto comparable = report.differences.lower_bound(report.comparable_from);
  report.not_comparable += std::distance(report.differences.begin(), comparable);
  report.differences.erase(report.differences.begin(), comparable);
  return code;
}

ExitCode DayAudit::CompareAll(absl::CivilDay first, absl::CivilDay last, DayReport& report) {
  FactsByDay orders;
  ExitCode code = ReadOrders({UtcDay(first).bounds.start, UtcDay(last).bounds.end}, orders);
  for (absl::CivilDay day = first; code == ExitCode::kOk && day <= last; day += kDaysAtOnce) {
    ListDailyActivityResponse response;
    code = ReadCounted(day, std::min(last, day + (kDaysAtOnce - 1)), "UTC", response);
    for (const activity::v1::DailyActivity& message : response.days()) {
      const absl::StatusOr<DayFacts> counted = FactsOf(message);
      if (!counted.ok()) return Refuse(counted.status());
      const absl::CivilDay date = FromMessage(message.date());
      const auto found = orders.find(date);
      const DayFacts& facts = found == orders.end() ? kNothing : found->second;
      if (facts == kNothing && *counted == kNothing) continue;
      if (date < ComparableFrom()) {
        ++report.not_comparable;
      } else if (facts == *counted) {
        ++report.matching;
      } else {
        report.differences[date] = {.orders = facts, .counted = *counted};
      }
    }
  }
  return code;
}

ExitCode DayAudit::Recheck(DayReport& report) {
  for (int round = 1; !report.differences.empty(); ++round) {
    std::vector<AuditDay> days;
    for (const auto& [date, difference] : report.differences) days.push_back(UtcDay(date));
    Reading reading;
    const ExitCode code = ReadThrice(days, reading);
    if (code != ExitCode::kOk) return code;
    bool changing = false;
    for (size_t i = 0; i < days.size(); ++i) {
      const DayVerdict verdict = Judge(reading.before[i], reading.counted[i], reading.after[i]);
      changing = changing || verdict == DayVerdict::kChanging;
      report.differences[days[i].date] = {verdict, reading.after[i], reading.counted[i]};
      if (verdict != DayVerdict::kMatches) continue;
      report.differences.erase(days[i].date);
      ++report.matching;
    }
    // Waiting mends nothing where all was counted, and a day may go on changing for ever.
    const bool settled = reading.fresh && (!changing || round == kRoundsMax);
    if (settled || base::MonotonicNow() >= end_) break;
  }
  return ExitCode::kOk;
}

ExitCode DayAudit::CheckUpToTheHour(DayReport& report) {
  const AuditDay day = DayUpToTheHour(absl::Now() - kLatest);
  const auto today = report.differences.find(
      absl::ToCivilDay(day.bounds.end - absl::Seconds(1), absl::UTCTimeZone()));
  if (today == report.differences.end() || today->second.verdict != DayVerdict::kChanging) {
    return ExitCode::kOk;
  }
  Reading reading;
  const ExitCode code = ReadThrice({day}, reading);
  if (code != ExitCode::kOk) return code;
  const DayVerdict verdict = Judge(reading.before[0], reading.counted[0], reading.after[0]);
  if (verdict == DayVerdict::kMatches) today->second.until = day.bounds.end;
  if (verdict == DayVerdict::kDiffers) {
    today->second = {verdict, reading.after[0], reading.counted[0], day.bounds.end};
  }
  return ExitCode::kOk;
}

ExitCode DayAudit::ReadThrice(const std::vector<AuditDay>& days, Reading& reading) {
  for (const AuditDay& day : days) {
    const ExitCode code = ReadOrders(day, reading.before.emplace_back());
    if (code != ExitCode::kOk) return code;
  }
  ExitCode code = AwaitFresh(reading.fresh);
  for (const AuditDay& day : days) {
    if (code == ExitCode::kOk) code = ReadCounted(day, reading.counted.emplace_back());
    if (code == ExitCode::kOk) code = ReadOrders(day, reading.after.emplace_back());
  }
  return code;
}

// Everything committed before as_of is counted. The as_of that is seen first may be of a question
// put to the producers before now, and so may the one after it, which was under way; the third is
// not. No clock is compared with another.
ExitCode DayAudit::AwaitFresh(bool& fresh) {
  constexpr int kEnough = 3;
  const absl::CivilDay any(1980, 1, 1);
  std::string last;
  base::WakeUp pause;
  for (int seen = 0; base::MonotonicNow() < end_; pause.WaitFor(kPollEvery)) {
    ListDailyActivityResponse response;
    const ExitCode code = ReadCounted(any, any, "UTC", response);
    if (code != ExitCode::kOk) return code;
    const std::string as_of = response.freshness().as_of().SerializeAsString();
    if (!as_of.empty() && std::exchange(last, as_of) != as_of) ++seen;
    fresh = seen == kEnough;
    if (fresh) break;
  }
  return ExitCode::kOk;
}

absl::CivilDay DayAudit::ComparableFrom() const {
  if (complete_from_ == absl::InfinitePast()) return absl::CivilDay::min();
  const absl::CivilDay day = absl::ToCivilDay(complete_from_, absl::UTCTimeZone());
  return absl::FromCivil(day, absl::UTCTimeZone()) < complete_from_ ? day + 1 : day;
}

ExitCode DayAudit::ReadOrders(const base::TimeInterval& within, FactsByDay& facts) {
  SumOrdersRequest request;
  rpc::ToMessage(within.start, *request.mutable_start_time());
  rpc::ToMessage(within.end, *request.mutable_end_time());
  request.set_change(SumOrdersRequest::CHANGE_PLACED);
  const ExitCode code = ReadChange(request, &DayFacts::created, facts);
  if (code != ExitCode::kOk) return code;
  request.set_change(SumOrdersRequest::CHANGE_CANCELLED);
  return ReadChange(request, &DayFacts::cancelled, facts);
}

ExitCode DayAudit::ReadOrders(const AuditDay& day, DayFacts& facts) {
  FactsByDay by_utc_day;
  const ExitCode code = ReadOrders(day.bounds, by_utc_day);
  for (const auto& [date, part] : by_utc_day) {
    const absl::Status added = AddTo(facts, part);
    if (!added.ok()) return Refuse(added);
  }
  return code;
}

ExitCode DayAudit::ReadChange(SumOrdersRequest request, OrderFacts DayFacts::*side,
                              FactsByDay& facts) {
  do {
    SumOrdersResponse page;
    const ExitCode code =
        CallOps(invocation_, orders_, &AuditService::Stub::SumOrders, request, page);
    if (code != ExitCode::kOk) return code;
    for (const orders::v1::DailyOrders& sum : page.days()) {
      const absl::Status added = AddTo(facts[FromMessage(sum.date())].*side, sum);
      if (!added.ok()) return Refuse(added);
    }
    if (page.has_complete_from()) {
      complete_from_ = std::max(complete_from_, rpc::ToTime(page.complete_from()));
    }
    request.set_page_token(page.next_page_token());
  } while (!request.page_token().empty());
  return ExitCode::kOk;
}

ExitCode DayAudit::ReadCounted(absl::CivilDay first, absl::CivilDay last, const std::string& zone,
                               ListDailyActivityResponse& response) {
  ListDailyActivityRequest request;
  rpc::ToMessage(first, *request.mutable_start_date());
  rpc::ToMessage(last, *request.mutable_end_date());
  request.set_time_zone(zone);
  return CallOps(invocation_, activity_, &ActivityService::Stub::ListDailyActivity, request,
                 response);
}

ExitCode DayAudit::ReadCounted(const AuditDay& day, DayFacts& facts) {
  ListDailyActivityResponse response;
  const ExitCode code = ReadCounted(day.date, day.date, day.zone, response);
  if (code != ExitCode::kOk) return code;
  absl::StatusOr<DayFacts> found = FactsOf(response.days(0));
  if (!found.ok()) return Refuse(found.status());
  facts = *std::move(found);
  return ExitCode::kOk;
}

}  // namespace tally::client
