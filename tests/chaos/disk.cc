#include "tests/chaos/disk.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"

namespace tally::chaos {

absl::Status Disk::AllowMounts() {
  const uid_t user = geteuid();
  const gid_t group = getegid();
  if (unshare(CLONE_NEWNS) != 0) {
    if (unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0) return absl::ErrnoToStatus(errno, "unshare");
    std::ofstream("/proc/self/setgroups") << "deny";
    std::ofstream("/proc/self/uid_map") << user << ' ' << user << " 1";
    std::ofstream("/proc/self/gid_map") << group << ' ' << group << " 1";
  }
  // In a chroot "/" is no mount: mounts may then be seen outside, until they are taken away again.
  if (mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 && errno != EINVAL) {
    return absl::ErrnoToStatus(errno, "mount --make-rprivate /");
  }
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<Disk>> Disk::Mount(std::string path, int64_t bytes) {
  if (mkdir(path.c_str(), 0755) != 0) return absl::ErrnoToStatus(errno, path);
  const std::string options = absl::StrCat("mode=0755,size=", bytes);
  if (mount("tmpfs", path.c_str(), "tmpfs", MS_NOSUID | MS_NODEV, options.c_str()) != 0) {
    return absl::ErrnoToStatus(errno, absl::StrCat("mount tmpfs at ", path));
  }
  return std::unique_ptr<Disk>(new Disk(std::move(path)));
}

Disk::~Disk() { umount2(path_.c_str(), MNT_DETACH); }

absl::Status Disk::Fill() {
  const int fd = open(Ballast().c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (fd < 0) return absl::ErrnoToStatus(errno, Ballast());
  const std::vector<char> page(4096);
  while (write(fd, page.data(), page.size()) > 0) {
  }
  const int error = errno;
  close(fd);
  return error == ENOSPC ? absl::OkStatus() : absl::ErrnoToStatus(error, Ballast());
}

absl::Status Disk::Free() {
  return unlink(Ballast().c_str()) == 0 ? absl::OkStatus() : absl::ErrnoToStatus(errno, Ballast());
}

}  // namespace tally::chaos
