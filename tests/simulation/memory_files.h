#pragma once

#include <sqlite3.h>

#include <map>
#include <memory>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"

namespace tally::simulation {

// While it lives, SQLite keeps all its files in here instead of on a disk (it becomes SQLite's
// default VFS): nothing is asked of the kernel, and a file is put back to an earlier state at once,
// below connections that are open and keep their prepared statements. What SQLite may expect of
// files, locks and shared memory within one process holds. One at a time, made before any
// connection and destroyed after all. Thread-safe for files of different names; a database is used
// by one thread at a time.
class MemoryFiles {
 public:
  MemoryFiles();
  ~MemoryFiles();
  MemoryFiles(const MemoryFiles&) = delete;
  MemoryFiles& operator=(const MemoryFiles&) = delete;

  // What the database at `path` holds, all of whose connections are closed.
  std::string Copy(const std::string& path);
  // Makes the database hold `copy`. No connection has a transaction; all see it with their next.
  void Restore(const std::string& path, const std::string& copy);

 private:
  struct File;
  struct Handle;
  struct Calls;

  std::shared_ptr<File> Find(const std::string& path, bool make);

  sqlite3_vfs vfs_;
  absl::Mutex mutex_;
  std::map<std::string, std::shared_ptr<File>> files_ ABSL_GUARDED_BY(mutex_);  // by path
};

}  // namespace tally::simulation
