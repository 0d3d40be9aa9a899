#include "tests/testkit/temp_dir.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <system_error>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "tests/testkit/die.h"

namespace tally::testkit {
namespace {

constexpr char kPrefix[] = "tallystick-test-";

int OpenDirectory(const std::string& path) {
  return open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

// A server that is just ending may still write a file: a second look removes that too.
void RemoveTree(const std::string& path) {
  for (int attempt = 0; attempt < 3; ++attempt) {
    std::error_code error;
    std::filesystem::remove_all(path, error);
    if (!error) return;
  }
}

void RemoveIfAbandoned(const std::string& path) {
  const int fd = OpenDirectory(path);
  if (fd < 0) return;
  struct stat status;
  if (fstat(fd, &status) == 0 && status.st_uid == geteuid() && flock(fd, LOCK_EX | LOCK_NB) == 0)
    RemoveTree(path);
  close(fd);
}

void RemoveAbandoned(const std::string& parent) {
  std::error_code error;
  for (std::filesystem::directory_iterator entry(parent, error), end; !error && entry != end;
       entry.increment(error)) {
    if (absl::StartsWith(entry->path().filename().string(), kPrefix))
      RemoveIfAbandoned(entry->path().string());
  }
}

std::string DefaultParent() {
  const char* parent = std::getenv("TMPDIR");
  return parent == nullptr || *parent == '\0' ? "/tmp" : parent;
}

}  // namespace

TempDir::TempDir(std::string parent) {
  if (parent.empty()) parent = DefaultParent();
  RemoveAbandoned(parent);
  while (lock_ < 0) {
    path_ = absl::StrCat(parent, "/", kPrefix, "XXXXXX");
    if (mkdtemp(path_.data()) == nullptr) Die(absl::StrCat("mkdtemp ", path_));
    const int fd = OpenDirectory(path_);
    if (fd < 0 && errno != ENOENT) Die(absl::StrCat("open ", path_));
    struct stat status {};
    // Before it was locked another test may have taken it for abandoned.
    if (fd >= 0 && flock(fd, LOCK_EX) == 0 && fstat(fd, &status) == 0 && status.st_nlink > 0) {
      lock_ = fd;
    } else if (fd >= 0) {
      close(fd);
    }
  }
}

TempDir::~TempDir() {
  RemoveTree(path_);
  close(lock_);
}

std::string TempDir::File(absl::string_view name) const { return absl::StrCat(path_, "/", name); }

}  // namespace tally::testkit
