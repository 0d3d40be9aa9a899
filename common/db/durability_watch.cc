#include "common/db/durability_watch.h"

#include "absl/flags/flag.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

ABSL_FLAG(std::string, durability_minimum, "machine",
          "What a commit must survive for the service to start: `process`, the end of processes; "
          "`machine`, loss of power too (PostgreSQL: fsync and full_page_writes on); `replica`, "
          "loss of the machine with its disks too (PostgreSQL: synchronous_standby_names set).");

namespace tally::db {
namespace {

constexpr absl::Duration kLookEvery = absl::Seconds(30);
constexpr absl::Duration kPatience = absl::Seconds(5);

}  // namespace

Durability ReadDurabilityMinimum(base::Violations& problems) {
  const absl::StatusOr<Durability> minimum =
      ParseDurability(absl::GetFlag(FLAGS_durability_minimum));
  if (minimum.ok()) return *minimum;
  problems.Add("--durability_minimum", std::string(minimum.status().message()));
  return Durability::kMachine;
}

DurabilityWatch::DurabilityWatch(Database& database, telemetry::Telemetry& telemetry)
    : database_(database),
      clock_(database.clock()),
      log_(telemetry.log),
      level_(telemetry.metrics.AddGauge(
          "tally_database_durability",
          "What a commit survives, as last seen: 0 process, 1 machine, 2 replica.")) {
  telemetry.metrics
      .AddGauge("tally_database_durability_minimum",
                "What a commit must survive for the service to start, in the same terms.")
      .Set(static_cast<double>(database.durability_minimum()));
}

absl::Duration DurabilityWatch::Step() {
  const absl::Time now = clock_.Now();
  if (now < next_) return next_ - now;
  Look();
  next_ = now + kLookEvery;
  return kLookEvery;
}

void DurabilityWatch::Look() {
  const absl::StatusOr<DurabilitySettings> settings =
      database_.ReadDurability(database_.clock().Now() + kPatience);
  if (!settings.ok()) return;  // the pool tells that the database is away
  const Durability durability = DurabilityOf(*settings);
  level_.Set(static_cast<double>(durability));
  const std::string shortcomings =
      absl::StrJoin(Shortcomings(*settings, database_.durability_minimum()), ", ");
  const std::string description =
      absl::StrCat("a commit survives ", Name(durability), " (",
                   absl::StrJoin(*settings, " ", absl::PairFormatter("=")), ")",
                   shortcomings.empty() ? "" : "; less than it must: ", shortcomings);
  {
    absl::MutexLock lock(&mutex_);
    if (description == description_) return;
    description_ = description;
  }
  if (shortcomings.empty()) {
    log_.Info("what the database promises", {{"durability", description}});
  } else {
    log_.Error("the database is less durable than it must be", {{"durability", description}});
  }
}

std::string DurabilityWatch::Describe() const {
  absl::MutexLock lock(&mutex_);
  return description_;
}

}  // namespace tally::db
