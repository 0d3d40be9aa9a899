#include "common/inbox/event_handler.h"

#include <exception>

#include "absl/strings/str_cat.h"

namespace tally::inbox {

absl::Status ApplyEvents(EventHandler& handler, db::Transaction& transaction,
                         absl::Span<const bus::Event* const> events) {
  try {
    return handler.Apply(transaction, events);
  } catch (const std::exception& e) {
    return absl::InternalError(absl::StrCat("exception in the event handler: ", e.what()));
  } catch (...) {
    return absl::InternalError("exception of unknown type in the event handler");
  }
}

}  // namespace tally::inbox
