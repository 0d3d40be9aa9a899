#include "client/audit/day_audit.h"

#include <algorithm>
#include <iterator>
#include <utility>

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
  report.comparable_from = ComparableFrom();
  // Orders may have been removed while they were read.
  const auto comparable = report.differences.lower_bound(report.comparable_from);
  report.not_comparable += std::distance(report.differences.begin(), comparable);
  report.differences.erase(report.differences.begin(), comparable);
  return code;
}

ExitCode DayAudit::CompareAll(absl::CivilDay first, absl::CivilDay last, DayReport& report) {
  FactsByDay orders;
  ExitCode code = ReadOrders(first, last, orders);
  for (absl::CivilDay day = first; code == ExitCode::kOk && day <= last; day += kDaysAtOnce) {
    const absl::CivilDay until = std::min(last, day + (kDaysAtOnce - 1));
    FactsByDay counted;
    std::string as_of;
    code = ReadCounted(day, until, counted, as_of);
    // A day that only one side knows is one of zeros to the other.
    for (auto it = orders.lower_bound(day); it != orders.end() && it->first <= until; ++it) {
      counted.try_emplace(it->first);
    }
    for (const auto& [date, facts] : counted) {
      if (date < ComparableFrom()) {
        ++report.not_comparable;
      } else if (facts == orders[date]) {
        ++report.matching;
      } else {
        report.differences[date] = {DayVerdict::kDiffers, orders[date], facts};
      }
    }
  }
  return code;
}

ExitCode DayAudit::Recheck(DayReport& report) {
  for (int round = 1; !report.differences.empty(); ++round) {
    Reading reading;
    const ExitCode code = ReadAgain(report, reading);
    if (code != ExitCode::kOk) return code;
    bool changing = false;
    for (auto it = report.differences.begin(); it != report.differences.end();) {
      const DayFacts& counted = reading.counted[it->first];
      const DayFacts& after = reading.after[it->first];
      const DayVerdict verdict = Judge(reading.before[it->first], counted, after);
      changing = changing || verdict == DayVerdict::kChanging;
      it->second = {verdict, after, counted};
      if (verdict == DayVerdict::kMatches) ++report.matching;
      it = verdict == DayVerdict::kMatches ? report.differences.erase(it) : std::next(it);
    }
    // Waiting mends nothing where all was counted, and a day may go on changing for ever.
    const bool settled = reading.fresh && (!changing || round == kRoundsMax);
    if (settled || base::MonotonicNow() >= end_) break;
  }
  return ExitCode::kOk;
}

ExitCode DayAudit::ReadAgain(const DayReport& report, Reading& reading) {
  for (const auto& [day, difference] : report.differences) {
    const ExitCode code = ReadOrders(day, day, reading.before);
    if (code != ExitCode::kOk) return code;
  }
  const ExitCode code = AwaitFresh(report.differences.begin()->first, reading.fresh);
  if (code != ExitCode::kOk) return code;
  for (const auto& [day, difference] : report.differences) {
    std::string as_of;
    ExitCode read = ReadCounted(day, day, reading.counted, as_of);
    if (read == ExitCode::kOk) read = ReadOrders(day, day, reading.after);
    if (read != ExitCode::kOk) return read;
  }
  return ExitCode::kOk;
}

// Everything recorded before as_of is counted. The as_of that is seen first may be of a question
// put to the producers before now, and so may the one after it, which was under way; the third is
// not. No clock is compared with another.
ExitCode DayAudit::AwaitFresh(absl::CivilDay day, bool& fresh) {
  constexpr int kEnough = 3;
  std::string last;
  base::WakeUp pause;
  for (int seen = 0; base::MonotonicNow() < end_; pause.WaitFor(kPollEvery)) {
    FactsByDay facts;
    std::string as_of;
    const ExitCode code = ReadCounted(day, day, facts, as_of);
    if (code != ExitCode::kOk) return code;
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

ExitCode DayAudit::ReadOrders(absl::CivilDay first, absl::CivilDay last, FactsByDay& facts) {
  SumOrdersRequest request;
  rpc::ToMessage(first, *request.mutable_start_date());
  rpc::ToMessage(last, *request.mutable_end_date());
  request.set_change(SumOrdersRequest::CHANGE_PLACED);
  const ExitCode code = ReadChange(request, &DayFacts::created, facts);
  if (code != ExitCode::kOk) return code;
  request.set_change(SumOrdersRequest::CHANGE_CANCELLED);
  return ReadChange(request, &DayFacts::cancelled, facts);
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

ExitCode DayAudit::ReadCounted(absl::CivilDay first, absl::CivilDay last, FactsByDay& facts,
                               std::string& as_of) {
  ListDailyActivityRequest request;
  rpc::ToMessage(first, *request.mutable_start_date());
  rpc::ToMessage(last, *request.mutable_end_date());
  ListDailyActivityResponse response;
  const ExitCode code =
      CallOps(invocation_, activity_, &ActivityService::Stub::ListDailyActivity, request, response);
  if (code != ExitCode::kOk) return code;
  as_of = response.freshness().as_of().SerializeAsString();
  for (const activity::v1::DailyActivity& day : response.days()) {
    const absl::StatusOr<DayFacts> found = FactsOf(day);
    if (!found.ok()) return Refuse(found.status());
    if (*found != DayFacts()) facts[FromMessage(day.date())] = *found;
  }
  return ExitCode::kOk;
}

}  // namespace tally::client
