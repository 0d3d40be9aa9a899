#include "common/db/postgres_conninfo.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/testkit/status_matchers.h"

namespace tally::db {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testkit::IsOkAndHolds;
using testkit::StatusIs;

absl::StatusOr<std::string> Conninfo(absl::string_view url) {
  return ToConninfo(url, absl::Milliseconds(2500), "test");
}

TEST(PostgresConninfoTest, CompletesWhatTheUrlDoesNotSay) {
  EXPECT_THAT(
      Conninfo("postgresql://u:p%27a%5Cb@h:1/d"),
      IsOkAndHolds(AllOf(HasSubstr("host='h'"), HasSubstr("password='p\\'a\\\\b'"),
                         HasSubstr("dbname='d'"), HasSubstr("connect_timeout='3'"),
                         HasSubstr("application_name='test'"), HasSubstr("keepalives_idle='2'"),
                         HasSubstr("target_session_attrs='read-write'"))));
}

TEST(PostgresConninfoTest, KeepsWhatTheUrlSays) {
  EXPECT_THAT(
      Conninfo("postgres://h/d?connect_timeout=9&sslmode=verify-full"),
      IsOkAndHolds(AllOf(HasSubstr("connect_timeout='9'"), HasSubstr("sslmode='verify-full'"))));
}

TEST(PostgresConninfoTest, SaysWhatIsWrongWithoutThePassword) {
  EXPECT_THAT(Conninfo("postgresql://u:secret@h/d?color=red"),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       AllOf(HasSubstr("color"), Not(HasSubstr("secret")))));
  EXPECT_THAT(Conninfo("postgresql://u:secret%zz@h/d"),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       AllOf(HasSubstr("percent"), Not(HasSubstr("secret")))));
  EXPECT_THAT(Conninfo("postgresql://h/d?password=secret%zz"),
              StatusIs(absl::StatusCode::kInvalidArgument, Not(HasSubstr("secret"))));
  EXPECT_THAT(Conninfo("mysql://u:secret@h/d"),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       AllOf(HasSubstr("sqlite:PATH"), Not(HasSubstr("secret")))));
}

}  // namespace
}  // namespace tally::db
