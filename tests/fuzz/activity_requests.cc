// A request in binary protobuf, behind a byte that says which: GetDailyActivity,
// ListDailyActivity, WatchDailyActivity.

#include <vector>

#include "activity_service/domain/bucket.h"
#include "activity_service/service/activity_messages.h"
#include "activity_service/service/day_query.h"
#include "activity_service/service/watch_query.h"
#include "common/base/check.h"
#include "common/base/civil_day.h"
#include "tests/fuzz/input.h"
#include "tests/fuzz/refusal.h"
#include "tests/fuzz/targets.h"

namespace tally::fuzz {
namespace {

using activity::Day;

const absl::Time kNow = absl::FromUnixSeconds(1'795'000'000);

bool IsOffered(absl::CivilDay day) { return day.year() >= 1980 && day.year() <= 2999; }

void CheckZone(const std::string& name) { TALLY_CHECK(base::LoadTimeZone(name).ok()); }

// Days follow each other without a gap, each a whole number of buckets.
void CheckDays(const std::vector<Day>& days) {
  TALLY_CHECK(!days.empty() && days.size() <= activity::kDaysMax);
  for (const Day& day : days) {
    const base::TimeInterval& bounds = day.bounds;
    TALLY_CHECK(IsOffered(day.date) && bounds.start <= bounds.end);
    TALLY_CHECK(activity::BucketStart(bounds.start) == bounds.start);
    TALLY_CHECK(&day == &days.front() || bounds.start == (&day)[-1].bounds.end);
    activity::v1::DailyActivity message;
    TALLY_CHECK(activity::ToMessage(day, {}, message).ok() && message.orders_net() == 0);
  }
}

template <typename Request>
void Days(absl::string_view input) {
  Request request;
  if (!ParseMessage(input, request)) return;
  const auto query = activity::ParseDayQuery(request, kNow);
  if (!query.ok()) return CheckRefusal(query.status());
  TALLY_CHECK(query->token.has_value() == !request.consistency_token().empty());
  CheckZone(query->time_zone);
  CheckDays(query->Days());
}

void Watch(absl::string_view input) {
  activity::v1::WatchDailyActivityRequest request;
  if (!ParseMessage(input, request)) return;
  const auto query = activity::ParseWatchQuery(request);
  if (!query.ok()) return CheckRefusal(query.status());
  TALLY_CHECK(query->min_interval >= absl::Milliseconds(100));
  TALLY_CHECK(query->min_interval <= absl::Seconds(60));
  TALLY_CHECK(!query->date.has_value() || IsOffered(*query->date));
  CheckZone(query->time_zone);
}

}  // namespace

void ActivityRequests(absl::string_view input) {
  constexpr void (*kKinds[])(absl::string_view) = {&Days<activity::v1::GetDailyActivityRequest>,
                                                   &Days<activity::v1::ListDailyActivityRequest>,
                                                   &Watch};
  const int kind = TakeKind(input, std::size(kKinds));
  kKinds[kind](input);
}

}  // namespace tally::fuzz
