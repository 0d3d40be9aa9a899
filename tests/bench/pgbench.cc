#include "tests/bench/pgbench.h"

#include <fstream>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "common/base/status_macros.h"
#include "tests/e2e/tally.h"
#include "tests/testkit/temp_dir.h"

namespace tally::bench {
namespace {

std::string Blob(int bytes) {
  std::string hex;
  for (int i = 0; i < bytes; ++i) absl::StrAppend(&hex, "a7");
  return absl::StrCat("'\\x", hex, "'::bytea");
}

// Lanes and sequences as writers give them: one lane for each client, numbered without gaps.
std::string Script(const RowSizes& sizes) {
  const std::string lane =
      "lpad(to_hex(:run::int), 8, '0') || '-0000-7000-8000-' || lpad(to_hex(:client_id::int), 12, "
      "'0')";
  return absl::StrCat(
      "\\set seq :seq + 1\n"
      "BEGIN;\n"
      "INSERT INTO orders (order_id, customer, currency, total_units, total_nanos, lines, state, "
      "version, place_time, "
      "create_time, place_caller, place_request_id, place_fingerprint, place_lane, place_sequence) "
      "VALUES "
      "(gen_random_uuid(), 'customer-17850', 'GBP', 15, 300000000, ",
      Blob(sizes.lines_bytes),
      ", 'placed', 1, 1790000000000000 + :seq, 1790000000000000 + :seq, '', "
      "'pgbench-' || :run || '-' || :client_id || '-' || :seq, ",
      Blob(16), ", (", lane,
      ")::uuid, :seq);\n"
      "INSERT INTO outbox_event (lane_id, sequence, subject, type, headers, payload, record_time) "
      "VALUES "
      "((",
      lane, ")::uuid, :seq, 'orders.v1.created', 'tally.events.v1.OrderCreated', '",
      std::string(sizes.headers_bytes, 'h'), "', ", Blob(sizes.payload_bytes),
      ", 1790000000000000 + :seq);\n"
      "COMMIT;\n");
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

absl::StatusOr<double> RunPgbench(const std::string& database_url, const RowSizes& sizes,
                                  int clients, absl::Duration duration) {
  const testkit::TempDir dir;
  const std::string script = absl::StrCat(dir.path(), "/two_inserts.sql");
  std::ofstream(script) << Script(sizes);
  static int run = 0;
  ASSIGN_OR_RETURN(
      const e2e::Ended ended,
      e2e::RunToEnd({"pgbench", "-n", "-M", "prepared", "-c", absl::StrCat(clients), "-j", "2",
                     "-T", absl::StrCat(absl::ToInt64Seconds(duration)), "-D", "seq=0", "-D",
                     absl::StrCat("run=", ++run), "-f", script, database_url},
                    duration + absl::Seconds(30)));
  for (const absl::string_view line : absl::StrSplit(ended.out, '\n')) {
    double tps = 0;
    if (absl::StartsWith(line, "tps = ") &&
        absl::SimpleAtod(std::string(line.substr(6, line.find(' ', 6) - 6)), &tps) && tps > 0) {
      return tps;
    }
  }
  return absl::InternalError(absl::StrCat("pgbench: ", ended.out, ended.err));
}

}  // namespace tally::bench
