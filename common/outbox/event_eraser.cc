#include "common/outbox/event_eraser.h"

#include <utility>
#include <vector>

#include "common/base/status_macros.h"
#include "common/bus/personal_data.h"
#include "common/outbox/erase_sql.h"

namespace tally::outbox {
namespace {

struct Found {
  EventPlace place;
  std::string type;
  std::string payload;
};

db::Batch KeysOf(absl::Span<const EventPlace> places) {
  db::Batch::TextColumn lane_ids;
  db::Batch::IntColumn sequences;
  for (const EventPlace& place : places) {
    lane_ids.emplace_back(place.lane_id);
    sequences.emplace_back(place.sequence);
  }
  db::Batch keys;
  keys.Texts("lane_id", std::move(lane_ids)).Ints("sequence", std::move(sequences));
  return keys;
}

// Returns how many events named the person.
absl::StatusOr<int64_t> EraseIn(const db::Statement& find, const db::Statement& replace,
                                db::Transaction& transaction, const db::Batch& keys,
                                const std::string& person) {
  std::vector<Found> found;
  RETURN_IF_ERROR((transaction.Query<std::string, int64_t, std::string, db::Bytes>(
      find, keys, [&](std::string lane_id, int64_t sequence, std::string type, db::Bytes payload) {
        found.push_back({{std::move(lane_id), sequence}, std::move(type), std::move(payload.data)});
      })));
  std::vector<EventPlace> changed;
  db::Batch::BytesColumn payloads;
  for (const Found& event : found) {
    ASSIGN_OR_RETURN(bus::ErasedPayload erased,
                     bus::ErasePerson(event.type, event.payload, person));
    if (!erased.changed) continue;
    changed.push_back(event.place);
    payloads.push_back({std::move(erased.payload)});
  }
  if (changed.empty()) return 0;
  db::Batch rows = KeysOf(changed);
  rows.Blobs("payload", std::move(payloads));
  return transaction.Execute(replace, rows);
}

}  // namespace

absl::StatusOr<ErasedEvents> ErasePerson(db::Transaction& transaction,
                                         absl::Span<const EventPlace> places,
                                         const std::string& person) {
  ErasedEvents erased;
  if (places.empty()) return erased;
  const db::Batch keys = KeysOf(places);
  ASSIGN_OR_RETURN(erased.events, EraseIn(sql::kFindEventsToErase, sql::kReplaceEvents, transaction,
                                          keys, person));
  ASSIGN_OR_RETURN(erased.parked, EraseIn(sql::kFindParkedToErase, sql::kReplaceParked, transaction,
                                          keys, person));
  return erased;
}

}  // namespace tally::outbox
