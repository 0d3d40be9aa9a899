#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace tally::chaos {

// A small disk in memory (tmpfs) that only this process and its children see, so that it can be
// full without harm to the machine. Not thread-safe.
class Disk {
 public:
  // To be called once, first of all in main, before there are threads: takes the process into a
  // mount namespace of its own, as root or in a user namespace. An error: this machine or container
  // does not let it mount.
  static absl::Status AllowMounts();

  // An empty disk at `path`, which is made.
  static absl::StatusOr<std::unique_ptr<Disk>> Mount(std::string path, int64_t bytes);
  ~Disk();
  Disk(const Disk&) = delete;
  Disk& operator=(const Disk&) = delete;

  const std::string& path() const { return path_; }

  // Takes all that is free, until Free.
  absl::Status Fill();
  absl::Status Free();

 private:
  explicit Disk(std::string path) : path_(std::move(path)) {}
  std::string Ballast() const { return path_ + "/ballast"; }

  const std::string path_;
};

}  // namespace tally::chaos
