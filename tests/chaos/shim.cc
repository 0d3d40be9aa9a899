#include "tests/chaos/shim.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <utility>

#include "tests/testkit/die.h"

namespace tally::chaos {

Shim::Shim(std::string library, std::string file)
    : library_(std::move(library)), file_(std::move(file)) {
  const int fd = open(file_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
  // Whatever the umask says: the server may run as another user.
  if (fd < 0 || fchmod(fd, 0666) != 0 || ftruncate(fd, sizeof(ShimState)) != 0) {
    testkit::Die(file_);
  }
  void* memory = mmap(nullptr, sizeof(ShimState), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  close(fd);
  if (memory == MAP_FAILED) testkit::Die(file_);
  state_ = static_cast<ShimState*>(memory);
}

Shim::~Shim() { munmap(state_, sizeof(ShimState)); }

std::map<std::string, std::string> Shim::Environment() const {
  return {{"LD_PRELOAD", library_}, {kShimFile, file_}};
}

}  // namespace tally::chaos
