#include "tests/simulation/checker.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "common/bus/event.h"
#include "tally/events/v1/healing.pb.h"
#include "tests/simulation/databases.h"
#include "tests/simulation/simulation_sql.h"

namespace tally::simulation {
namespace {

// A lease that a process renews never has less left of it.
constexpr absl::Duration kRenewedBefore = absl::Milliseconds(1300);

// What a message brings, as (lane, sequence).
std::vector<std::pair<std::string, int64_t>> PlacesIn(const bus::Message& message) {
  std::vector<std::pair<std::string, int64_t>> places;
  if (bus::HoldsBatch(message)) {
    if (const auto events = bus::ReadBatch(message); events.ok()) {
      for (const bus::Event& event : *events) places.emplace_back(event.lane_id, event.sequence);
    }
  } else if (const auto event = bus::FromMessage(message); event.ok()) {
    places.emplace_back(event->lane_id, event->sequence);
  }
  return places;
}

}  // namespace

Checker::Checker(Scene& scene, const Ledger& ledger, std::map<std::string, db::Database*> producers,
                 db::Database& consumer)
    : scene_(scene), ledger_(ledger), producers_(std::move(producers)), consumer_(consumer) {}

void Checker::Read(db::Database& database, absl::FunctionRef<absl::Status(db::Transaction&)> body) {
  Life* const stepping = std::exchange(scene_.current, nullptr);
  const absl::Status status =
      database.Run(db::Mode::kRead, scene_.clock.Now() + absl::Seconds(1), body);
  scene_.current = stepping;
  if (!status.ok()) scene_.Fail(absl::StrCat("the checker cannot read: ", status.ToString()));
}

void Checker::Look() {
  for (const auto& [source, database] : producers_) {
    if (scene_.changed.erase(source) > 0) ReadProducer(source, *database);
  }
  if (scene_.changed.erase(kCounts) > 0) ReadConsumer();
}

void Checker::ReadProducer(const std::string& source, db::Database& database) {
  Read(database, [&](db::Transaction& transaction) -> absl::Status {
    RETURN_IF_ERROR((transaction.Query<std::string, int64_t, int64_t>(
        sql::kListParked, {}, [&](std::string lane_id, int64_t sequence, int64_t discarded) {
          parked_ever_[lane_id].Add(sequence);
          parked_[{std::move(lane_id), sequence}] = discarded != 0;
        })));
    return transaction
        .Query<std::string, std::string, int64_t, int64_t, int64_t, int64_t, int64_t, int64_t>(
            sql::kCheckLanes, {},
            [&](const std::string& lane_id, const std::string& state, int64_t final_sequence,
                int64_t published, int64_t trimmed, int64_t last, int64_t rows,
                int64_t leased_until) {
              const Lane lane = {.source = source,
                                 .closed = state == "closed",
                                 .head = std::max(last, trimmed),
                                 .published = published,
                                 .trimmed = trimmed,
                                 .leased_until = absl::FromUnixMicros(leased_until)};
              const auto before = lanes_.find(lane_id);
              LookAtLane(lane_id, lane, before == lanes_.end() ? nullptr : &before->second, rows);
              if (lane.closed && final_sequence != lane.head) {
                scene_.Fail(absl::StrCat(scene_.NameOf(lane_id), " was closed at ", final_sequence,
                                         " and ends at ", lane.head));
              }
              lanes_[lane_id] = lane;
            });
  });
}

void Checker::LookAtLane(const std::string& lane_id, const Lane& lane, const Lane* before,
                         int64_t rows) {
  const auto fail = [&](const char* what) {
    scene_.Fail(absl::StrCat(scene_.NameOf(lane_id), " ", what, ": head ", lane.head,
                             ", published through ", lane.published, ", trimmed through ",
                             lane.trimmed, ", rows ", rows));
  };
  if (rows != lane.head - lane.trimmed) fail("has gaps");
  if (lane.published > lane.head) fail("is published beyond its head");
  if (lane.trimmed > lane.published) fail("is trimmed beyond what is published");
  base::SequenceSet stored = scene_.stored[lane_id];
  stored.Merge(parked_ever_[lane_id]);
  if (!stored.Missing(lane.published).empty()) {
    fail("counts as published, but the stream acknowledged less");
  }
  if (before == nullptr) return;
  if (before->closed && !lane.closed) fail("was opened again");
  if (before->closed && before->head != lane.head) fail("was written after it was closed");
  if (before->head > lane.head) fail("lost its head");
  if (before->published > lane.published) fail("is published less far than before");
}

void Checker::ReadConsumer() {
  Read(consumer_, [&](db::Transaction& transaction) -> absl::Status {
    RETURN_IF_ERROR((transaction.Query<std::string, int64_t, std::string>(
        sql::kListCovered, {},
        [&](const std::string& lane_id, int64_t through,
            const std::string& ranges) -> absl::Status {
          ASSIGN_OR_RETURN(base::SequenceSet now, base::SequenceSet::Parse(through, ranges));
          base::SequenceSet& before = covered_[lane_id];
          base::SequenceSet both = before;
          both.Merge(now);
          if (both != now) {
            scene_.Fail(
                absl::StrCat("what was covered of ", scene_.NameOf(lane_id), " was forgotten"));
          }
          if (now.highest() > lanes_[lane_id].head) {
            scene_.Fail(absl::StrCat(scene_.NameOf(lane_id), "/", now.highest(),
                                     " is covered and does not exist"));
          }
          if (!now.ranges().empty()) scene_.sightings.Saw("range above the watermark");
          before = std::move(now);
          return absl::OkStatus();
        })));
    RETURN_IF_ERROR((transaction.Query<std::string, int64_t, std::string>(
        sql::kListLetters, {},
        [&](const std::string& lane_id, int64_t sequence, const std::string&) {
          letters_ever_[lane_id].Add(sequence);
        })));
    ASSIGN_OR_RETURN(const auto twice, transaction.QueryOne<int64_t>(sql::kCountCountedTwice));
    if (std::get<0>(*twice) > 0) scene_.Fail("an event was counted twice");
    return absl::OkStatus();
  });
}

void Checker::LookAtAcknowledged(absl::Span<const bus::Delivery> deliveries) {
  std::map<std::string, base::SequenceSet> covered;
  Read(consumer_, [&](db::Transaction& transaction) {
    return transaction.Query<std::string, int64_t, std::string>(
        sql::kListCovered, {},
        [&](const std::string& lane_id, int64_t through,
            const std::string& ranges) -> absl::Status {
          ASSIGN_OR_RETURN(covered[lane_id], base::SequenceSet::Parse(through, ranges));
          return absl::OkStatus();
        });
  });
  for (const bus::Delivery& delivery : deliveries) {
    for (const auto& [lane_id, sequence] : PlacesIn(delivery.message)) {
      if (covered[lane_id].Contains(sequence)) continue;
      scene_.Fail(
          absl::StrCat(scene_.NameOf(lane_id), "/", sequence, " is acknowledged and not covered"));
    }
  }
}

void Checker::LookAtGiven(const std::string& answer) {
  events::v1::HealEventsReply reply;
  if (!reply.ParseFromString(answer)) return scene_.Fail("an answer that does not parse");
  for (const events::v1::RangeVerdict& verdict : reply.verdicts()) {
    const std::string& lane_id = verdict.range().lane_id();
    for (const events::v1::EventRecord& event : verdict.events()) {
      if (scene_.stored[lane_id].Contains(event.sequence())) continue;
      scene_.Fail(absl::StrCat(scene_.NameOf(lane_id), "/", event.sequence(),
                               " is given away, but the stream did not acknowledge it"));
    }
  }
}

void Checker::LookAtHorizon(absl::Time as_of) {
  if (as_of <= horizon_) return;
  horizon_ = as_of;
  ReadFindings();
  for (const auto& [source, database] : producers_) {
    Read(*database, [&](db::Transaction& transaction) {
      return transaction.Query<std::string, int64_t>(
          sql::kListRecordedBefore, {{"time", as_of}},
          [&](const std::string& lane_id, int64_t last) {
            for (const base::SequenceRange gap : covered_[lane_id].Missing(last)) {
              for (int64_t sequence = gap.first; sequence <= gap.last; ++sequence) {
                if (FindFinding({lane_id, sequence}) != nullptr) continue;
                scene_.Fail(absl::StrCat(scene_.NameOf(lane_id), "/", sequence,
                                         " lies before the horizon, neither covered nor named"));
              }
            }
          });
    });
  }
}

void Checker::ReadFindings() {
  findings_.clear();
  Read(consumer_, [&](db::Transaction& transaction) {
    return transaction.Query<std::string, int64_t, int64_t, std::string, int64_t>(
        sql::kListFindings, {},
        [&](const std::string& lane_id, int64_t first, int64_t last, std::string verdict,
            int64_t covered) {
          findings_[lane_id].push_back({{first, last}, std::move(verdict), covered != 0});
        });
  });
}

std::string Checker::Unfinished() {
  scene_.changed = {kOrders, kStock, kCounts};
  parked_.clear();
  Look();
  ReadFindings();
  letters_.clear();
  Read(consumer_, [&](db::Transaction& transaction) {
    return transaction.Query<std::string, int64_t, std::string>(
        sql::kListLetters, {}, [&](std::string lane_id, int64_t sequence, std::string state) {
          letters_[{std::move(lane_id), sequence}] = std::move(state);
        });
  });
  for (const auto& [place, state] : letters_) {
    if (state != "retrying") continue;
    return absl::StrCat("a letter of ", scene_.NameOf(place.first), "/", place.second, " waits");
  }
  for (const auto& [lane_id, lane] : lanes_) {
    const std::string name = scene_.NameOf(lane_id);
    if (lane.published < lane.head) {
      return absl::StrCat(name, lane.closed ? ", closed," : ", open,", " is published through ",
                          lane.published, " of ", lane.head, ", leased until ",
                          absl::FormatTime(lane.leased_until, absl::UTCTimeZone()));
    }
    if (lane.closed && lane.leased()) return absl::StrCat(name, " is closed and still leased");
    if (!lane.closed && lane.leased_until < scene_.clock.Now() + kRenewedBefore) {
      return absl::StrCat(name, " is open, and nobody's");
    }
    for (const base::SequenceRange gap : covered_[lane_id].Missing(lane.head)) {
      for (int64_t sequence = gap.first; sequence <= gap.last; ++sequence) {
        const Finding* const finding = FindFinding({lane_id, sequence});
        const auto parked = parked_.find({lane_id, sequence});
        const bool named =
            finding != nullptr &&
            (parked != parked_.end() ? finding->verdict == "parked" && !parked->second
                                     : finding->verdict == "trimmed");
        if (!named) {
          return absl::StrCat(name, "/", sequence, " is neither covered nor named",
                              finding == nullptr ? "" : ", but " + finding->verdict);
        }
      }
    }
  }
  return "";
}

const Checker::Finding* Checker::FindFinding(const Place& place) const {
  const auto lane = findings_.find(place.first);
  if (lane == findings_.end()) return nullptr;
  for (const Finding& finding : lane->second) {
    if (finding.range.first <= place.second && place.second <= finding.range.last) return &finding;
  }
  return nullptr;
}

void Checker::LookAtTheEnd() {
  if (const std::string why = Unfinished(); !why.empty()) {
    return scene_.Fail(absl::StrCat("after the last stop ", why));
  }
  for (const auto& [lane_id, lane] : lanes_) {
    if (!lane.closed || lane.leased()) {
      return scene_.Fail(absl::StrCat(scene_.NameOf(lane_id), " was not closed and drained"));
    }
  }
  std::map<std::string, Place> places;
  for (const auto& [source, database] : producers_) {
    Read(*database, [&](db::Transaction& transaction) {
      return transaction.Query<std::string, std::string, int64_t>(
          sql::kListNotes, {}, [&](std::string key, std::string lane_id, int64_t sequence) {
            places[std::move(key)] = {std::move(lane_id), sequence};
          });
    });
  }
  std::map<std::string, int64_t> counted;
  Read(consumer_, [&](db::Transaction& transaction) {
    return transaction.Query<std::string, int64_t>(
        sql::kListCounted, {},
        [&](std::string key, int64_t times) { counted[std::move(key)] = times; });
  });
  counted_ = std::move(counted);
  for (const auto& [key, times] : counted_) {
    if (!places.contains(key)) scene_.Fail(absl::StrCat(key, " is counted and was never written"));
  }
  int64_t events = 0;
  for (const auto& [lane_id, lane] : lanes_) events += lane.head;
  if (events != static_cast<int64_t>(places.size())) {
    scene_.Fail(absl::StrCat("there are ", places.size(), " notes and ", events, " events"));
  }
  for (const auto& [key, entry] : ledger_.entries()) {
    const auto place = places.find(key);
    LookAtNote(entry, place == places.end() ? std::nullopt : std::optional(place->second));
  }
}

void Checker::LookAtNote(const Ledger::Entry& entry, const std::optional<Place>& place) {
  const std::string& key = entry.note.key;
  if (!place.has_value()) {
    if (entry.done) scene_.Fail(absl::StrCat(key, " was acknowledged and is not there"));
    return;
  }
  if (entry.asked == entry.refused) {
    scene_.Fail(absl::StrCat(key, " was refused and is written"));
  }
  const auto& [lane_id, sequence] = *place;
  const std::string where = absl::StrCat(key, " at ", scene_.NameOf(lane_id), "/", sequence);
  const auto counted = counted_.find(key);
  const int64_t times = counted == counted_.end() ? 0 : counted->second;
  if (times > 1) scene_.Fail(absl::StrCat(where, " is counted ", times, " times"));
  const bool covered = covered_[lane_id].Contains(sequence);
  const auto parked = parked_.find(*place);
  const bool discarded = parked != parked_.end() && parked->second;
  const bool letter = letters_.contains(*place);
  if (letter && covered) scene_.sightings.Saw("letter dead");
  if (times > 0 && letters_ever_[lane_id].Contains(sequence)) {
    scene_.sightings.Saw("letter applied after all");
  }
  if (parked == parked_.end() && parked_ever_[lane_id].Contains(sequence)) {
    scene_.sightings.Saw("parked event published after all");
  }
  if (letter && !covered) scene_.Fail(absl::StrCat(where, " is a letter and not covered"));
  if (!covered && parked == parked_.end()) {
    scene_.sightings.Saw("event trimmed before it was counted");
  }
  if (times > 0 && (!covered || letter || discarded)) {
    scene_.Fail(absl::StrCat(where, " is counted and should not be"));
  }
  const bool uncounted = !covered || letter || discarded || entry.note.kind == NoteKind::kIgnored;
  if (times == 0 && !uncounted) scene_.Fail(absl::StrCat(where, " is covered and was not counted"));
}

}  // namespace tally::simulation
