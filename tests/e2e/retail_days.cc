#include "tests/e2e/retail_days.h"

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "common/base/status_macros.h"
#include "tests/e2e/tally.h"
#include "tests/testkit/eventually.h"

namespace tally::e2e {
namespace {

constexpr int64_t kNanosPerPenny = 10'000'000;

absl::StatusOr<std::string> QueryCsv(const std::string& csv,
                                     const std::vector<std::string>& commands) {
  std::vector<std::string> argv = {"sqlite3",
                                   ":memory:", absl::StrCat(".import --csv \"", csv, "\" retail")};
  argv.insert(argv.end(), commands.begin(), commands.end());
  ASSIGN_OR_RETURN(const Ended sqlite, RunToEnd(std::move(argv)));
  if (sqlite.exit_code != 0) return absl::InternalError(sqlite.err);
  return sqlite.out;
}

std::string ReadSql(absl::string_view name) {
  return absl::StrCat(".read ", TALLY_E2E_DIR, "/data/", name);
}

// int64 is a string in protobuf's JSON.
absl::StatusOr<int64_t> ToInt64(const nlohmann::json& value) {
  int64_t number = 0;
  if (value.is_string() && absl::SimpleAtoi(value.get<std::string>(), &number)) return number;
  return absl::InternalError(absl::StrCat("not an int64: ", value.dump()));
}

absl::StatusOr<DayTotals> TotalsOf(const nlohmann::json& day) {
  DayTotals totals;
  ASSIGN_OR_RETURN(totals.orders, ToInt64(day["ordersCreated"]));
  for (const nlohmann::json& revenue : day["revenue"]) {
    const nlohmann::json& created = revenue["created"];
    if (created["currencyCode"] != "GBP") return absl::InternalError(revenue.dump());
    ASSIGN_OR_RETURN(const int64_t pounds, ToInt64(created["units"]));
    totals.pence += pounds * 100 + created["nanos"].get<int64_t>() / kNanosPerPenny;
  }
  return totals;
}

absl::StatusOr<absl::Time> ParseTime(const nlohmann::json& value) {
  absl::Time time;
  std::string error;
  if (value.is_string() &&
      absl::ParseTime(absl::RFC3339_full, value.get<std::string>(), &time, &error)) {
    return time;
  }
  return absl::InternalError(absl::StrCat("not a time: ", value.dump()));
}

std::string DateOf(const nlohmann::json& day) {
  const nlohmann::json& date = day["date"];
  return absl::StrFormat("%04d-%02d-%02d", date["year"].get<int>(), date["month"].get<int>(),
                         date["day"].get<int>());
}

}  // namespace

std::string OwnRetailCsv() { return TALLY_E2E_DIR "/data/retail.csv"; }

std::vector<std::string> RetailCsvs() {
  std::vector<std::string> files = {OwnRetailCsv()};
  if (std::filesystem::exists(TALLY_RETAIL_CSV)) files.push_back(TALLY_RETAIL_CSV);
  return files;
}

std::ostream& operator<<(std::ostream& out, const DayTotals& totals) {
  return out << totals.orders << " orders, " << totals.pence << " pence";
}

int64_t OrdersOf(const Days& days) {
  int64_t orders = 0;
  for (const auto& [date, totals] : days) orders += totals.orders;
  return orders;
}

absl::StatusOr<Days> ExpectedDays(const std::string& csv) {
  ASSIGN_OR_RETURN(const std::string rows, QueryCsv(csv, {ReadSql("retail_days.sql")}));
  Days days;
  for (const absl::string_view row : absl::StrSplit(rows, '\n', absl::SkipEmpty())) {
    const std::vector<std::string> fields = absl::StrSplit(row, '|');
    DayTotals totals;
    if (fields.size() != 3 || !absl::SimpleAtoi(fields[1], &totals.orders) ||
        !absl::SimpleAtoi(fields[2], &totals.pence)) {
      return absl::InternalError(absl::StrCat("unexpected: ", row));
    }
    days[fields[0]] = totals;
  }
  if (days.empty()) return absl::InternalError(absl::StrCat("no orders in ", csv));
  return days;
}

absl::Status WriteThird(const std::string& csv, int part, const std::string& path) {
  ASSIGN_OR_RETURN(
      const std::string rows,
      QueryCsv(csv, {".mode csv", ".headers on", ".parameter init",
                     absl::StrCat(".parameter set :part ", part), ReadSql("retail_third.sql")}));
  std::ofstream file(path, std::ios::binary);
  file << rows;
  return file.good() ? absl::OkStatus() : absl::InternalError(absl::StrCat("cannot write ", path));
}

absl::StatusOr<CountedDays> GetCountedDays(const System& system, const Days& expected) {
  ASSIGN_OR_RETURN(const Ended tally,
                   RunTally(system, {"activity", "--json", "--from=" + expected.begin()->first,
                                     "--to=" + expected.rbegin()->first}));
  if (tally.exit_code != 0) return absl::UnavailableError(tally.err);
  const nlohmann::json answer = nlohmann::json::parse(tally.out, nullptr, false);
  if (answer.is_discarded()) return absl::InternalError(tally.out);
  CountedDays counted;
  counted.completeness = answer["freshness"].value("completeness", "");
  if (const auto as_of = answer["freshness"].find("asOf"); as_of != answer["freshness"].end()) {
    ASSIGN_OR_RETURN(counted.as_of, ParseTime(*as_of));
  }
  for (const nlohmann::json& day : answer["days"]) {
    ASSIGN_OR_RETURN(const DayTotals totals, TotalsOf(day));
    if (totals != DayTotals{}) counted.days[DateOf(day)] = totals;
  }
  return counted;
}

Days CountedBy(absl::Time deadline, const System& system, const Days& expected) {
  Days last;
  testkit::Eventually(deadline - absl::Now(), [&] {
    if (absl::StatusOr<CountedDays> counted = GetCountedDays(system, expected); counted.ok()) {
      last = std::move(counted->days);
    }
    return last == expected;
  });
  return last;
}

}  // namespace tally::e2e
