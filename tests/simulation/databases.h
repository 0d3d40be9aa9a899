#pragma once

#include <array>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/db/database.h"
#include "common/telemetry/telemetry.h"
#include "tests/simulation/memory_files.h"
#include "tests/simulation/scene.h"

namespace tally::simulation {

inline constexpr char kOrders[] = "orders";
inline constexpr char kStock[] = "stock";
inline constexpr char kCounts[] = "counts";

// The databases of one run after the other: of the producers "orders" (of which there are two
// processes) and "stock", and "counts", the consumers'. They are migrated once; what runs end with
// is put back. SQLite's connections outlive a run, for what they cost and hold (prepared
// statements): what the system under test sees as one begins and ends with it. Not thread-safe.
class Databases {
 public:
  static absl::StatusOr<std::unique_ptr<Databases>> Make(MemoryFiles& files);
  ~Databases();

  // Makes all as good as new, for a run on `scene`.
  absl::Status Open(Scene& scene);
  // Before the scene is gone.
  void Close();

  // While they are open.
  db::Database& orders() { return *all_[0].database; }
  db::Database& stock() { return *all_[1].database; }
  db::Database& consumer() { return *all_[2].database; }
  const std::string& consumer_id() const { return consumer_id_; }

 private:
  struct One {
    const char* name;
    std::string path = "";
    std::string as_new = "";
    std::vector<std::unique_ptr<db::Session>> idle = {};
    std::unique_ptr<db::Database> database = nullptr;
  };

  Databases(MemoryFiles& files, std::string folder);
  absl::Status Migrate(One& one);
  absl::Status Open(One& one, Scene& scene);

  MemoryFiles& files_;
  const std::string folder_;  // SQLite's files are not in it, but what guards them is
  telemetry::Telemetry telemetry_;
  std::array<One, 3> all_ = {One{kOrders}, One{kStock}, One{kCounts}};
  std::string consumer_id_;
};

}  // namespace tally::simulation
