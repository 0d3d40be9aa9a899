#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "common/db/database.h"
#include "common/telemetry/telemetry.h"
#include "tests/simulation/scene.h"

namespace tally::simulation {

inline constexpr char kOrders[] = "orders";
inline constexpr char kStock[] = "stock";
inline constexpr char kCounts[] = "counts";

// Where the databases of many runs lie: a folder in memory with migrated ones to begin with.
// Removed with this object. Thread-safe.
class Workspace {
 public:
  static absl::StatusOr<std::unique_ptr<Workspace>> Make();
  ~Workspace();

  const std::string& folder() const { return folder_; }

 private:
  explicit Workspace(std::string folder) : folder_(std::move(folder)) {}
  const std::string folder_;
};

// The databases of one run, as good as new: of the producers "orders" (of which there are two
// processes) and "stock", and "counts", the consumers'. Gone with this object.
class Databases {
 public:
  // `name` is no other's at the time.
  static absl::StatusOr<std::unique_ptr<Databases>> Open(const Workspace& workspace,
                                                         const std::string& name, Scene& scene);
  ~Databases();

  db::Database& orders() { return *orders_; }
  db::Database& stock() { return *stock_; }
  db::Database& consumer() { return *consumer_; }
  const std::string& consumer_id() const { return consumer_id_; }

 private:
  explicit Databases(std::string folder);

  const std::string folder_;
  telemetry::Telemetry telemetry_;
  std::unique_ptr<db::Database> orders_;
  std::unique_ptr<db::Database> stock_;
  std::unique_ptr<db::Database> consumer_;
  std::string consumer_id_;
};

}  // namespace tally::simulation
