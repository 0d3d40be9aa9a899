#pragma once

#include <cstdio>
#include <cstdlib>

// Ends the process, naming the place, when `condition` is false. For our own mistakes only, and on
// in production: what input or the environment can do is an absl::Status.
#define TALLY_CHECK(condition)                                                           \
  do {                                                                                   \
    if (!(condition)) {                                                                  \
      std::fprintf(stderr, "%s:%d: check failed: %s\n", __FILE__, __LINE__, #condition); \
      std::abort();                                                                      \
    }                                                                                    \
  } while (false)
