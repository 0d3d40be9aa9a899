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
namespace {

namespace fs = std::filesystem;

constexpr const char* kNames[] = {kOrders, kStock, kCounts};

absl::Status Migrate(const std::string& folder) {
  base::SystemClock clock;
  telemetry::Telemetry telemetry(telemetry::LogFormat::kText, kSilent, "simulation");
  for (const char* name : kNames) {
    const db::DatabaseOptions options = {.url = absl::StrCat("sqlite:", folder, "/", name)};
    ASSIGN_OR_RETURN(const auto database, db::Database::Open(options, clock, telemetry));
    RETURN_IF_ERROR(outbox::Outbox::Migrate(*database));
    RETURN_IF_ERROR(database->Migrate("inbox", inbox::kMigrations));
    RETURN_IF_ERROR(database->Migrate("simulation", kMigrations));
    RETURN_IF_ERROR(inbox::InboxStore(kConsumer, *database)
                        .Register(absl::UnixEpoch(), clock.Now() + absl::Seconds(10)));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::unique_ptr<Workspace>> Workspace::Make() {
  std::error_code error;
  const fs::path memory = "/dev/shm";
  const fs::path parent = fs::is_directory(memory, error) ? memory : fs::temp_directory_path(error);
  std::string folder = parent / "tally-simulation-XXXXXX";
  if (::mkdtemp(folder.data()) == nullptr) {
    return absl::UnavailableError(absl::StrCat("cannot make ", folder));
  }
  auto workspace = std::unique_ptr<Workspace>(new Workspace(folder));
  RETURN_IF_ERROR(Migrate(folder));
  return workspace;
}

Workspace::~Workspace() {
  std::error_code ignored;
  fs::remove_all(folder_, ignored);
}

Databases::Databases(std::string folder)
    : folder_(std::move(folder)), telemetry_(telemetry::LogFormat::kText, kSilent, "simulation") {}

Databases::~Databases() {
  orders_.reset();
  stock_.reset();
  consumer_.reset();
  std::error_code ignored;
  fs::remove_all(folder_, ignored);
}

absl::StatusOr<std::unique_ptr<Databases>> Databases::Open(const Workspace& workspace,
                                                           const std::string& name, Scene& scene) {
  const std::string folder = absl::StrCat(workspace.folder(), "/", name);
  auto databases = std::unique_ptr<Databases>(new Databases(folder));
  std::error_code error;
  fs::create_directory(folder, error);
  std::unique_ptr<db::Database>* const opened[] = {&databases->orders_, &databases->stock_,
                                                   &databases->consumer_};
  for (size_t i = 0; i < std::size(kNames); ++i) {
    const std::string file = absl::StrCat(folder, "/", kNames[i]);
    fs::copy_file(absl::StrCat(workspace.folder(), "/", kNames[i]), file, error);
    if (error) return absl::UnavailableError(absl::StrCat("cannot copy to ", file));
    db::DatabaseOptions options = {.url = absl::StrCat("sqlite:", file)};
    options.wrap_session = [&scene, name = kNames[i]](std::unique_ptr<db::Session> session) {
      return std::make_unique<FaultySession>(name, std::move(session), scene);
    };
    ASSIGN_OR_RETURN(*opened[i], db::Database::Open(options, scene.clock, databases->telemetry_));
  }
  ASSIGN_OR_RETURN(databases->consumer_id_, databases->consumer().Identity());
  return databases;
}

}  // namespace tally::simulation
