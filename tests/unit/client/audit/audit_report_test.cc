#include "client/audit/audit_report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace tally::client {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

AuditReport Report(int64_t covered) {
  AuditReport report{.producer = "orders", .consumer = "activity", .lanes = LaneLedger(false)};
  ops::v1::Watermark watermark;
  watermark.set_applied_through(covered);
  watermark.set_covered_events(covered);
  watermark.set_highest_sequence(covered);
  ops::v1::Lane lane;
  lane.set_lane_id("a");
  lane.set_state(ops::v1::Lane::STATE_CLOSED);
  lane.set_head_sequence(5);
  lane.set_published_through(5);
  EXPECT_TRUE(report.lanes.Note("a", &watermark, &lane));
  EXPECT_TRUE(report.lanes.Note("b", &watermark, &lane));
  return report;
}

TEST(AuditReportTest, AddsUpLanesThatMatch) {
  const AuditReport report = Report(5);
  EXPECT_TRUE(report.Matches());
  EXPECT_THAT(ShowAudit(report), AllOf(HasSubstr("2 other lanes"), HasSubstr("The halves match.")));
}

TEST(AuditReportTest, NamesLanesThatDoNot) {
  AuditReport report = Report(3);
  EXPECT_FALSE(report.Matches());
  EXPECT_THAT(ShowAudit(report), AllOf(HasSubstr("2 missing\n"), HasSubstr("4 missing\n"),
                                       HasSubstr("THE HALVES DIFFER.")));
  report.delivering = true;
  EXPECT_THAT(ShowAudit(report), HasSubstr("2 not covered yet\n"));
}

TEST(AuditReportTest, NamesDaysThatDifferButNotThoseThatChange) {
  AuditReport report = Report(5);
  DayReport& days = report.days.emplace();
  days.matching = 7;
  days.differences[absl::CivilDay(2010, 12, 1)] = {DayVerdict::kChanging, {}, {}};
  EXPECT_TRUE(report.Matches());
  EXPECT_THAT(ShowAudit(report), HasSubstr("2010-12-01  changing"));
  days.differences[absl::CivilDay(2010, 12, 2)] = {DayVerdict::kDiffers, {}, {}};
  EXPECT_FALSE(report.Matches());
  EXPECT_THAT(ShowAudit(report), HasSubstr("2010-12-02  DIFFERS"));
  EXPECT_THAT(ShowAudit(report), Not(HasSubstr("not comparable")));
  days.comparable_from = absl::CivilDay(2010, 12, 1);
  days.not_comparable = 3;
  EXPECT_THAT(ShowAudit(report), HasSubstr("3 days before 2010-12-01 are not comparable"));
  const auto json = nlohmann::json::parse(AuditToJson(report));
  EXPECT_EQ(json["matches"], false);
  EXPECT_EQ(json["days"]["differences"][1]["date"], "2010-12-02");
}

TEST(AuditReportTest, IsMetricsToo) {
  AuditReport report = Report(4);
  report.days.emplace().matching = 2;
  const std::string metrics = AuditToMetrics(report, absl::FromUnixSeconds(1'300'000'000));
  EXPECT_THAT(metrics, AllOf(HasSubstr("\ntally_audit_matches 0\n"),
                             HasSubstr("\ntally_audit_end_time_seconds 1300000000\n"),
                             HasSubstr("\ntally_audit_events{what=\"missing\"} 2\n"),
                             HasSubstr("\ntally_audit_days{verdict=\"matches\"} 2\n")));
}

}  // namespace
}  // namespace tally::client
