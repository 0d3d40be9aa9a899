#include "tests/fuzz/refusal.h"

#include "absl/strings/cord.h"
#include "client/calls/utf8.h"
#include "common/base/check.h"

namespace tally::fuzz {
namespace {

constexpr size_t kDetailBytesMax = 5 << 10;  // of the 8 KiB that trailing metadata may have

}  // namespace

void CheckRefusal(const absl::Status& refusal) {
  TALLY_CHECK(absl::IsInvalidArgument(refusal));
  TALLY_CHECK(client::IsUtf8(refusal.message()));
  size_t bytes = 0;
  int details = 0;
  refusal.ForEachPayload([&](absl::string_view, const absl::Cord& detail) {
    bytes += detail.size();
    ++details;
  });
  TALLY_CHECK(details == 2 && bytes + refusal.message().size() <= kDetailBytesMax);
}

}  // namespace tally::fuzz
