#include "tests/bench/bench.h"

#include <cstdio>

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "tests/bench/postgres_query.h"

namespace tally::bench {

absl::Status Bench::Measure(const std::string& name, const std::string& headline,
                            absl::FunctionRef<absl::Status(Findings&)> measure) {
  Announce(name);
  Findings findings(report_, name);
  if (const absl::Status status = measure(findings); !status.ok()) {
    return absl::Status(status.code(), absl::StrCat(name, ": ", status.message()));
  }
  std::fprintf(stderr, "%*s%s %s\n", Timetable::kWidth, "",
               Format(report_.Last(name, headline, 0)).c_str(), headline.c_str());
  return absl::OkStatus();
}

void Bench::Announce(const std::string& what) const {
  std::fprintf(stderr, "%s%s\n", timetable_.Position().c_str(), what.c_str());
}

absl::Status Bench::CleanUp() {
  ASSIGN_OR_RETURN(PostgresQuery query, PostgresQuery::Connect(postgres_.url("postgres")));
  while (true) {
    ASSIGN_OR_RETURN(
        const std::string name,
        query.Run("SELECT datname FROM pg_database WHERE datname LIKE 'test_%' LIMIT 1"));
    if (name.empty()) break;
    RETURN_IF_ERROR(query.Run(absl::StrCat("DROP DATABASE ", name, " WITH (FORCE)")).status());
  }
  return query.Run("CHECKPOINT").status();
}

}  // namespace tally::bench
