#include "common/rpc/handle.h"

#include "absl/strings/str_cat.h"

namespace tally::rpc {

absl::Status StatusOfException(const std::exception* exception) {
  return absl::InternalError(exception == nullptr ? "exception of unknown type"
                                                  : absl::StrCat("exception: ", exception->what()));
}

}  // namespace tally::rpc
