#include "tests/simulation/databases.h"

#include <cstdlib>
#include <filesystem>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "common/inbox/inbox_store.h"
#include "common/inbox/migrations.h"
#include "common/outbox/outbox.h"
#include "tests/simulation/consumer_process.h"
#include "tests/simulation/faulty_session.h"
#include "tests/simulation/migrations.h"

namespace tally::simulation {

namespace fs = std::filesystem;

absl::StatusOr<std::unique_ptr<Databases>> Databases::Make(MemoryFiles& files) {
  std::error_code error;
  const fs::path memory = "/dev/shm";
  const fs::path parent = fs::is_directory(memory, error) ? memory : fs::temp_directory_path(error);
  std::string folder = parent / "tally-simulation-XXXXXX";
  if (::mkdtemp(folder.data()) == nullptr) {
    return absl::UnavailableError(absl::StrCat("cannot make ", folder));
  }
  auto databases = std::unique_ptr<Databases>(new Databases(files, folder));
  for (One& one : databases->all_) RETURN_IF_ERROR(databases->Migrate(one));
  return databases;
}

Databases::Databases(MemoryFiles& files, std::string folder)
    : files_(files),
      folder_(std::move(folder)),
      telemetry_(telemetry::LogFormat::kText, kSilent, "simulation") {}

Databases::~Databases() {
  std::error_code ignored;
  fs::remove_all(folder_, ignored);
}

absl::Status Databases::Migrate(One& one) {
  base::SystemClock clock;
  one.path = absl::StrCat(folder_, "/", one.name);
  const db::DatabaseOptions options = {.url = absl::StrCat("sqlite:", one.path)};
  {
    ASSIGN_OR_RETURN(const auto database, db::Database::Open(options, clock, telemetry_));
    RETURN_IF_ERROR(outbox::Outbox::Migrate(*database));
    RETURN_IF_ERROR(database->Migrate("inbox", inbox::kMigrations));
    RETURN_IF_ERROR(database->Migrate("simulation", kMigrations));
    RETURN_IF_ERROR(inbox::InboxStore(kConsumer, *database)
                        .Register(absl::UnixEpoch(), clock.Now() + absl::Seconds(10)));
  }
  one.as_new = files_.Copy(one.path);
  return absl::OkStatus();
}

absl::Status Databases::Open(Scene& scene) {
  for (One& one : all_) RETURN_IF_ERROR(Open(one, scene));
  ASSIGN_OR_RETURN(consumer_id_, consumer().Identity());
  return absl::OkStatus();
}

absl::Status Databases::Open(One& one, Scene& scene) {
  files_.Restore(one.path, one.as_new);
  db::DatabaseOptions options = {.url = absl::StrCat("sqlite:", one.path)};
  options.make_session =
      [&one, &scene](
          db::DatabaseOptions::Connect connect) -> absl::StatusOr<std::unique_ptr<db::Session>> {
    if (one.idle.empty()) {
      ASSIGN_OR_RETURN(one.idle.emplace_back(), connect());
    }
    std::unique_ptr<db::Session> session = std::move(one.idle.back());
    one.idle.pop_back();
    return std::make_unique<FaultySession>(one.name, std::move(session), one.idle, scene);
  };
  ASSIGN_OR_RETURN(one.database, db::Database::Open(options, scene.clock, telemetry_));
  return absl::OkStatus();
}

void Databases::Close() {
  for (One& one : all_) one.database.reset();
}

}  // namespace tally::simulation
