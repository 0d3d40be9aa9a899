// What turns a batch of rows into the parameters of one statement.

#include <benchmark/benchmark.h>

#include <string>
#include <utility>

#include "common/base/uuid.h"
#include "common/db/positional_sql.h"
#include "common/db/postgres_format.h"
#include "common/db/value.h"

namespace tally::bench {
namespace {

constexpr size_t kRows = 100;
constexpr size_t kPayloadBytes = 250;

template <typename Values>
void Encode(benchmark::State& state, Values values) {
  const db::Batch::Column column{"column", std::move(values)};
  for (auto _ : state) benchmark::DoNotOptimize(db::EncodeArray(column));
  state.SetItemsProcessed(state.iterations() * static_cast<int64_t>(kRows));
}

void EncodeIntegers(benchmark::State& state) { Encode(state, db::Batch::IntColumn(kRows, 42)); }
BENCHMARK(EncodeIntegers);

void EncodeTexts(benchmark::State& state) {
  Encode(state, db::Batch::TextColumn(kRows, "customer-17850"));
}
BENCHMARK(EncodeTexts);

void EncodePayloads(benchmark::State& state) {
  Encode(state, db::Batch::BytesColumn(kRows, {std::string(kPayloadBytes, 'p')}));
}
BENCHMARK(EncodePayloads);

void EncodeUuids(benchmark::State& state) { Encode(state, db::Batch::UuidColumn(kRows)); }
BENCHMARK(EncodeUuids);

// Done once for each statement and session.
void NumberParameters(benchmark::State& state) {
  for (auto _ : state) {
    benchmark::DoNotOptimize(
        db::ToPositional("INSERT INTO t SELECT unnest(:a::uuid[]), unnest(:b::text[]), :c::uuid"));
  }
}
BENCHMARK(NumberParameters);

}  // namespace
}  // namespace tally::bench
