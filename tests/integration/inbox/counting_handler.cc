#include "tests/integration/inbox/counting_handler.h"

#include "common/base/status_macros.h"
#include "tests/integration/inbox/fixture_sql.h"

namespace tally::inbox {

EventHandler::Interest CountingHandler::InterestIn(absl::string_view type) const {
  if (type == "counted" || knows_everything) return Interest::kApply;
  return type == "ignored" ? Interest::kIgnore : Interest::kUnknown;
}

absl::Status CountingHandler::Apply(db::Transaction& transaction,
                                    absl::Span<const bus::Event* const> events) {
  ++calls;
  db::Batch::TextColumn ids;
  for (const bus::Event* event : events) {
    if (verdict != nullptr) RETURN_IF_ERROR(verdict(transaction, *event));
    ids.push_back(event->Id());
  }
  db::Batch batch;
  batch.Texts("ids", std::move(ids)).Scalar({"by", name_});
  return transaction.Post(fixture::sql::kCountEvents, batch);
}

}  // namespace tally::inbox
