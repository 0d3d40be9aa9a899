#include "activity_service/service/day_query.h"

#include "absl/strings/str_cat.h"
#include "common/base/civil_day.h"
#include "common/rpc/errors.h"

namespace tally::activity {
namespace {

const absl::CivilDay kFirstDay(1980, 1, 1);
const absl::CivilDay kLastDay(2999, 12, 31);

void ParseToken(const std::string& text, DayQuery& query, base::Violations& violations) {
  if (text.empty()) return;
  const absl::StatusOr<base::ConsistencyToken> token = base::ConsistencyToken::Parse(text);
  if (token.ok()) {
    query.token = *token;
  } else {
    violations.Add("consistency_token",
                   "must be empty or a consistency_token that the order service returned");
  }
}

}  // namespace

absl::CivilDay ReadDay(const char* field, const google::type::Date& date,
                       base::Violations& violations) {
  const absl::CivilDay day(date.year(), date.month(), date.day());
  const bool exists =
      day.year() == date.year() && day.month() == date.month() && day.day() == date.day();
  if (exists && day >= kFirstDay && day <= kLastDay) return day;
  violations.Add(field, "must be absent or a date that exists, from 1980-01-01 to 2999-12-31");
  return kFirstDay;
}

absl::TimeZone ReadZone(const std::string& name, std::string& query_name,
                        base::Violations& violations) {
  query_name = name.empty() ? "UTC" : name;
  const absl::StatusOr<absl::TimeZone> zone = base::LoadTimeZone(query_name);
  if (zone.ok()) return *zone;
  violations.Add("time_zone",
                 "must be empty or the IANA name of a time zone, such as UTC or Europe/Berlin");
  return absl::UTCTimeZone();
}

std::vector<Day> DayQuery::Days() const {
  std::vector<Day> days;
  for (absl::CivilDay day = first; day <= last; ++day) {
    days.push_back({day, time_zone, base::DayBounds(day, zone)});
  }
  return days;
}

absl::StatusOr<DayQuery> ParseDayQuery(const v1::GetDailyActivityRequest& request, absl::Time now) {
  base::Violations violations;
  DayQuery query;
  query.zone = ReadZone(request.time_zone(), query.time_zone, violations);
  query.first = request.has_date() ? ReadDay("date", request.date(), violations)
                                   : base::Today(now, query.zone);
  query.last = query.first;
  ParseToken(request.consistency_token(), query, violations);
  if (!violations.empty()) return rpc::BadRequest(violations);
  return query;
}

absl::StatusOr<DayQuery> ParseDayQuery(const v1::ListDailyActivityRequest& request,
                                       absl::Time now) {
  base::Violations violations;
  DayQuery query;
  query.zone = ReadZone(request.time_zone(), query.time_zone, violations);
  const absl::CivilDay today = base::Today(now, query.zone);
  query.first =
      request.has_start_date() ? ReadDay("start_date", request.start_date(), violations) : today;
  query.last = request.has_end_date() ? ReadDay("end_date", request.end_date(), violations) : today;
  const bool in_range = query.last >= query.first && query.last - query.first < kDaysMax;
  if (violations.empty() && !in_range) {
    violations.Add("end_date", absl::StrCat("must not be before start_date (",
                                            absl::FormatCivilTime(query.first), "), and at most ",
                                            kDaysMax - 1, " days after it"));
  }
  ParseToken(request.consistency_token(), query, violations);
  if (!violations.empty()) return rpc::BadRequest(violations);
  return query;
}

}  // namespace tally::activity
