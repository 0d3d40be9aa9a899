#pragma once

#include <map>
#include <memory>
#include <string>

#include <soci/soci.h>
#include <soci/sqlite3/soci-sqlite3.h>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/db/session.h"

namespace tally::db {

// The absolute path of the file, its folder checked; INVALID_ARGUMENT says what is wrong.
absl::StatusOr<std::string> ResolveSqlitePath(absl::string_view path);

// A connection to a SQLite file: WAL, synchronous=FULL, foreign keys on. Waits at most busy_timeout
// for a lock that another process (somebody's sqlite3 shell) holds.
class SqliteSession final : public Session {
 public:
  static absl::StatusOr<std::unique_ptr<Session>> Open(const std::string& path,
                                                       absl::Duration busy_timeout);
  ~SqliteSession() override;

  absl::Status Begin(Mode mode, const Timeouts& timeouts) override;
  absl::StatusOr<int64_t> Run(const Invocation& invocation) override;
  absl::Status RunScript(const char* name, const char* sql) override;
  absl::Status Commit() override;
  void Rollback() override;
  bool Reusable() const override { return !broken_ && !InTransaction(); }

 private:
  struct Prepared;

  SqliteSession() = default;
  absl::Status Configure(const std::string& path, absl::Duration busy_timeout);
  absl::Status RunControl(const Statement& statement);
  absl::StatusOr<Prepared*> Prepare(const Statement& statement);
  absl::Status RunPrepared(Prepared& prepared, const Invocation& invocation);
  template <typename Call>
  absl::Status Try(absl::string_view what, Call&& call);
  absl::Status ErrorNow(absl::string_view what) const;
  bool InTransaction() const;
  sqlite_api::sqlite3* handle() const;

  std::unique_ptr<soci::session> soci_;
  std::map<const char*, std::unique_ptr<Prepared>>
      prepared_;  // by the text's address; closed before soci_
  Mode mode_ = {};
  bool broken_ = false;
};

}  // namespace tally::db
