#include "common/db/positional_sql.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tally::db {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(PositionalSqlTest, NumbersNamesInTheOrderTheyComeAndTheSameNameOnce) {
  const PositionalSql result =
      ToPositional("UPDATE t SET a = :a_1, b=:b WHERE c IN (:c,:a_1) AND b<>:b");
  EXPECT_EQ(result.sql, "UPDATE t SET a = $1, b=$2 WHERE c IN ($3,$1) AND b<>$2");
  EXPECT_THAT(result.names, ElementsAre("a_1", "b", "c"));
}

TEST(PositionalSqlTest, TellsNamesThatBeginAlikeApart) {
  EXPECT_EQ(ToPositional(":ab :a :abc").sql, "$1 $2 $3");
}

TEST(PositionalSqlTest, LeavesCastsAlone) {
  const PositionalSql result = ToPositional("SELECT unnest(:ids::text[])::uuid, x::bigint");
  EXPECT_EQ(result.sql, "SELECT unnest($1::text[])::uuid, x::bigint");
  EXPECT_THAT(result.names, ElementsAre("ids"));
}

TEST(PositionalSqlTest, LeavesAloneWhatOnlyLooksLikeAParameter) {
  for (const char* sql :
       {"SELECT ':a', 'it''s :b'", "SELECT \":a\"", "SELECT 1 -- :a, don't\n", "SELECT 1 -- :a",
        "SELECT /* :a ' */ 1", "SELECT a[1:2]", "SELECT ':a", "SELECT a : b", ":"}) {
    const PositionalSql result = ToPositional(sql);
    EXPECT_EQ(result.sql, sql);
    EXPECT_THAT(result.names, IsEmpty()) << sql;
  }
}

TEST(PositionalSqlTest, GoesOnAfterAQuoteOrComment) {
  EXPECT_EQ(ToPositional("SELECT 'x', :a -- it's\n, :b /* \" */ , :c").sql,
            "SELECT 'x', $1 -- it's\n, $2 /* \" */ , $3");
}

}  // namespace
}  // namespace tally::db
