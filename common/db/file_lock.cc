#include "common/db/file_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"

namespace tally::db {

absl::StatusOr<std::unique_ptr<FileLock>> FileLock::Take(const std::string& path) {
  const std::string lock_path = path + ".lock";
  const int fd = ::open(lock_path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (fd < 0)
    return absl::InvalidArgumentError(absl::StrCat("cannot open ", lock_path, ", errno ", errno));
  auto lock = std::unique_ptr<FileLock>(new FileLock(fd));
  if (::flock(fd, LOCK_EX | LOCK_NB) != 0) {
    char owner[32] = {};
    const ssize_t length = ::pread(fd, owner, sizeof(owner), 0);
    return absl::FailedPreconditionError(
        absl::StrCat(path, " is in use by process ",
                     absl::StripAsciiWhitespace(absl::string_view(owner, length > 0 ? length : 0)),
                     "; a SQLite database serves one process"));
  }
  const std::string pid = absl::StrCat(::getpid(), "\n");
  if (::ftruncate(fd, 0) != 0 || ::pwrite(fd, pid.data(), pid.size(), 0) < 0) {
    return absl::InvalidArgumentError(absl::StrCat("cannot write ", lock_path, ", errno ", errno));
  }
  return lock;
}

FileLock::~FileLock() { ::close(fd_); }

}  // namespace tally::db
