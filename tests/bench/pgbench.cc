#include "tests/bench/pgbench.h"

#include <fstream>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "common/base/status_macros.h"
#include "tests/e2e/tally.h"
#include "tests/testkit/temp_dir.h"

namespace tally::bench {
namespace {

// bytea as text, as most drivers send it.
std::string Blob(int bytes) {
  std::string hex = "\\x";
  for (int i = 0; i < bytes; ++i) absl::StrAppend(&hex, "a7");
  return hex;
}

// Lanes and sequences as writers give them: one lane for each client, numbered without gaps. What
// an order holds is bound, not part of the statement: an application would have to send it.
constexpr char kScript[] = R"sql(\set seq :seq + 1
BEGIN;
INSERT INTO orders (order_id, customer, currency, total_units, total_nanos, lines, state, version,
  place_time, create_time, place_caller, place_request_id, place_fingerprint, place_lane, place_sequence)
VALUES (gen_random_uuid(), :customer, 'GBP', 15, 300000000, (:lines)::bytea, 'placed', 1,
  1790000000000000 + :seq, 1790000000000000 + :seq, '', 'pgbench-' || :run || '-' || :client_id || '-' || :seq,
  (:fingerprint)::bytea, (LANE)::uuid, :seq);
INSERT INTO outbox_event (lane_id, sequence, subject, type, headers, payload, record_time)
VALUES ((LANE)::uuid, :seq, 'orders.v1.created', 'tally.events.v1.OrderCreated', :headers, (:payload)::bytea,
  1790000000000000 + :seq);
COMMIT;
)sql";
constexpr char kLane[] =
    "lpad(to_hex(:run::int), 8, '0') || '-0000-7000-8000-' || lpad(to_hex(:client_id::int), 12, "
    "'0')";

// In pgbench's report; 0 if it is not there.
double NumberAfter(absl::string_view report, absl::string_view title) {
  for (absl::string_view line : absl::StrSplit(report, '\n')) {
    double number = 0;
    if (absl::ConsumePrefix(&line, title) &&
        absl::SimpleAtod(line.substr(0, line.find(' ')), &number)) {
      return number;
    }
  }
  return 0;
}

}  // namespace

absl::StatusOr<RowSizes> MeasureRows(const std::string& database_url) {
  ASSIGN_OR_RETURN(
      const e2e::Ended ended,
      e2e::RunToEnd(
          {"psql", database_url, "-AtF,", "-c",
           "SELECT (SELECT avg(length(lines))::int FROM orders), avg(length(headers))::int, "
           "avg(length(payload))::int FROM outbox_event"}));
  const std::vector<std::string> fields = absl::StrSplit(absl::StripSuffix(ended.out, "\n"), ',');
  RowSizes sizes;
  if (fields.size() != 3 || !absl::SimpleAtoi(fields[0], &sizes.lines_bytes) ||
      !absl::SimpleAtoi(fields[1], &sizes.headers_bytes) ||
      !absl::SimpleAtoi(fields[2], &sizes.payload_bytes)) {
    return absl::InternalError(absl::StrCat("psql: ", ended.out, ended.err));
  }
  return sizes;
}

absl::StatusOr<PgbenchResult> RunPgbench(const std::string& database_url, const RowSizes& sizes,
                                         int clients, absl::Duration duration) {
  const testkit::TempDir dir;
  const std::string script = absl::StrCat(dir.path(), "/two_inserts.sql");
  std::ofstream(script) << absl::StrReplaceAll(kScript, {{"LANE", kLane}});
  static int run = 0;
  ASSIGN_OR_RETURN(
      const e2e::Ended ended,
      e2e::RunToEnd({"pgbench",   "-n",
                     "-M",        "prepared",
                     "-c",        absl::StrCat(clients),
                     "-j",        "2",
                     "-T",        absl::StrCat(absl::ToInt64Seconds(duration)),
                     "-D",        "seq=0",
                     "-D",        absl::StrCat("run=", ++run),
                     "-D",        "customer=customer-17850",
                     "-D",        absl::StrCat("lines=", Blob(sizes.lines_bytes)),
                     "-D",        absl::StrCat("fingerprint=", Blob(16)),
                     "-D",        absl::StrCat("headers=", std::string(sizes.headers_bytes, 'h')),
                     "-D",        absl::StrCat("payload=", Blob(sizes.payload_bytes)),
                     "-f",        script,
                     database_url},
                    duration + absl::Minutes(1)));
  const PgbenchResult result{.transactions_per_second = NumberAfter(ended.out, "tps = "),
                             .latency_us = 1e3 * NumberAfter(ended.out, "latency average = ")};
  if (result.transactions_per_second > 0) return result;
  return absl::InternalError(absl::StrCat("pgbench: ", ended.out, ended.err));
}

}  // namespace tally::bench
