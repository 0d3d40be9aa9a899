#include "activity_service/store/activity_store.h"

#include <cstdint>
#include <optional>
#include <string>
#include <tuple>
#include <utility>

#include "activity_service/store/activity_sql.h"
#include "activity_service/store/migrations.h"
#include "common/base/status_macros.h"

namespace tally::activity {

absl::Status ActivityStore::Migrate(db::Database& database) {
  return database.Migrate("activity", kMigrations);
}

absl::Status ActivityStore::Add(db::Transaction& transaction, const BucketTotals& totals) const {
  db::Batch::IntColumn starts, counts, units, nanos;
  db::Batch::TextColumn activities, currencies;
  for (const auto& [key, total] : totals.totals()) {
    starts.emplace_back(absl::ToUnixMicros(key.start));
    activities.emplace_back(key.activity);
    currencies.emplace_back(key.currency);
    counts.emplace_back(total.count);
    units.emplace_back(total.amount ? total.amount->units() : 0);
    nanos.emplace_back(total.amount ? total.amount->nanos() : 0);
  }
  db::Batch batch;
  batch.Ints("bucket_start", std::move(starts)).Texts("activity", std::move(activities));
  batch.Texts("currency", std::move(currencies)).Ints("count", std::move(counts));
  batch.Ints("units", std::move(units)).Ints("nanos", std::move(nanos));
  return transaction.Post(sql::kAddToBuckets, batch);
}

absl::StatusOr<std::vector<DayTotals>> ActivityStore::Sum(
    db::Transaction& transaction, absl::Span<const base::TimeInterval> intervals) const {
  db::Batch::IntColumn numbers, starts, ends;
  for (const base::TimeInterval& interval : intervals) {
    numbers.emplace_back(static_cast<int64_t>(numbers.size()));
    starts.emplace_back(absl::ToUnixMicros(interval.start));
    ends.emplace_back(absl::ToUnixMicros(interval.end));
  }
  db::Batch batch;
  batch.Ints("number", std::move(numbers)).Ints("start_time", std::move(starts));
  batch.Ints("end_time", std::move(ends));
  std::vector<DayTotals> sums(intervals.size());
  RETURN_IF_ERROR((transaction.Query<int64_t, std::string, std::string, int64_t, int64_t, int64_t>(
      sql::kSumIntervals, batch,
      [&](int64_t number, const std::string& activity, const std::string& currency, int64_t count,
          int64_t units, int64_t nanos) -> absl::Status {
        std::optional<base::Money> amount;
        if (!currency.empty()) {
          ASSIGN_OR_RETURN(amount, base::Money::FromSums(currency, units, nanos));
        }
        return AddTo(sums[number], activity, count, amount);
      })));
  return sums;
}

absl::StatusOr<int64_t> ActivityStore::ReadMark(db::Transaction& transaction) const {
  ASSIGN_OR_RETURN(const auto mark, transaction.QueryOne<int64_t>(sql::kReadMark));
  return mark.has_value() ? std::get<0>(*mark) : 0;
}

}  // namespace tally::activity
