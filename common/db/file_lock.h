#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"

namespace tally::db {

// Keeps a SQLite file to one process: an flock on PATH.lock, which holds the owner's pid. The
// kernel lets it go with the process, however that ends; the file stays.
class FileLock {
 public:
  // FAILED_PRECONDITION names the pid of the owner; INVALID_ARGUMENT when PATH.lock cannot be made.
  static absl::StatusOr<std::unique_ptr<FileLock>> Take(const std::string& path);
  ~FileLock();
  FileLock(const FileLock&) = delete;
  FileLock& operator=(const FileLock&) = delete;

 private:
  explicit FileLock(int fd) : fd_(fd) {}

  const int fd_;
};

}  // namespace tally::db
