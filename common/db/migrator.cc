#include "common/db/migrator.h"

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "common/base/uuid_v7_source.h"
#include "common/db/database_sql.h"
#include "common/db/migrations.h"

namespace tally::db {

absl::Status Migrator::Apply(absl::string_view module, absl::Span<const Migration> migrations) {
  RETURN_IF_ERROR(transaction_.Execute(sql::kLockMigrations).status());
  RETURN_IF_ERROR(MakeCatalog());
  ASSIGN_OR_RETURN(const size_t applied, CheckApplied(module, migrations));
  for (const Migration& migration : migrations.subspan(applied)) {
    RETURN_IF_ERROR(ApplyOne(module, migration));
  }
  return absl::OkStatus();
}

absl::Status Migrator::MakeCatalog() {
  for (const Migration& catalog : kMigrations) {
    RETURN_IF_ERROR(
        transaction_.RunScript(catalog.name, sqlite() ? catalog.sqlite : catalog.postgresql));
  }
  const std::string identity = base::UuidV7Source(clock_).Next().ToString();
  return transaction_
      .Execute(sql::kInsertIdentity, {{"identity", identity}, {"created_at", clock_.Now()}})
      .status();
}

absl::StatusOr<size_t> Migrator::CheckApplied(absl::string_view module,
                                              absl::Span<const Migration> migrations) {
  size_t applied = 0;
  const auto check = [&](int64_t version, const std::string& checksum) -> absl::Status {
    if (version > static_cast<int64_t>(migrations.size())) {
      return absl::FailedPreconditionError(
          absl::StrCat("the database is newer than this binary: ", module, " has migration ",
                       version, ", known here are ", migrations.size()));
    }
    const Migration& migration = migrations[applied++];
    if (version != migration.version ||
        checksum != (sqlite() ? migration.sqlite_checksum : migration.postgresql_checksum)) {
      return absl::FailedPreconditionError(
          absl::StrCat("migration ", version, " of ", module,
                       " was applied to this database with another text (checksum ", checksum,
                       ") than this binary has"));
    }
    return absl::OkStatus();
  };
  RETURN_IF_ERROR(
      transaction_.Query<int64_t, std::string>(sql::kListMigrations, {{"module", module}}, check));
  return applied;
}

absl::Status Migrator::ApplyOne(absl::string_view module, const Migration& migration) {
  const std::string name =
      absl::StrCat(module, " migration ", migration.version, " ", migration.name);
  RETURN_IF_ERROR(
      transaction_.RunScript(name.c_str(), sqlite() ? migration.sqlite : migration.postgresql));
  return transaction_
      .Execute(sql::kInsertMigration,
               {{"module", module},
                {"version", migration.version},
                {"name", migration.name},
                {"checksum", sqlite() ? migration.sqlite_checksum : migration.postgresql_checksum},
                {"applied_at", clock_.Now()}})
      .status();
}

}  // namespace tally::db
