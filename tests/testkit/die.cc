#include "tests/testkit/die.h"

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace tally::testkit {

void Die(absl::string_view what) {
  const int error = errno;
  std::fprintf(stderr, "testkit: %.*s: %s\n", static_cast<int>(what.size()), what.data(),
               std::strerror(error));
  std::abort();
}

}  // namespace tally::testkit
