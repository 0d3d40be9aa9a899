// One executable for all targets; TALLY_FUZZ_TARGET names the one to run.

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>

#include <google/protobuf/stubs/logging.h>

#include "tests/fuzz/targets.h"

namespace {

const tally::fuzz::Target& ChosenTarget() {
  const char* const chosen = std::getenv("TALLY_FUZZ_TARGET");
  const absl::string_view wanted = chosen == nullptr ? "" : chosen;
  for (const tally::fuzz::Target& target : tally::fuzz::kTargets) {
    if (target.name == wanted) return target;
  }
  std::fprintf(stderr, "TALLY_FUZZ_TARGET must be one of:\n");
  for (const tally::fuzz::Target& target : tally::fuzz::kTargets) {
    std::fprintf(stderr, "  %s\n", target.name);
  }
  std::exit(2);
}

}  // namespace

extern "C" int LLVMFuzzerInitialize(int*, char***) {
  google::protobuf::SetLogHandler(nullptr);  // It writes a line for each text that is no UTF-8.
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const tally::fuzz::Target& target = ChosenTarget();
  target.run(absl::string_view(reinterpret_cast<const char*>(data), size));
  return 0;
}
