#include "client/retail/import_report.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_replace.h"

namespace tally::client {
namespace {

constexpr size_t kExamplesMax = 3;

constexpr LeftOutReason kReasons[] = {LeftOutReason::kCreditNote,
                                      LeftOutReason::kQuantityNotAboveZero,
                                      LeftOutReason::kPriceNotAboveZero, LeftOutReason::kMalformed,
                                      LeftOutReason::kInvoiceWithoutLines};

int64_t CountOf(const std::vector<LeftOut>& left_out, LeftOutReason reason) {
  return std::count_if(left_out.begin(), left_out.end(),
                       [&](const LeftOut& item) { return item.reason == reason; });
}

std::string Place(int64_t line, absl::string_view invoice) {
  return invoice.empty() ? absl::StrCat("line ", line)
                         : absl::StrCat("line ", line, ", invoice ", invoice);
}

std::string ExamplesOf(const std::vector<LeftOut>& left_out, LeftOutReason reason) {
  std::string text;
  size_t shown = 0;
  for (const LeftOut& item : left_out) {
    if (item.reason != reason || shown++ >= kExamplesMax) continue;
    absl::StrAppend(&text, "      ", Place(item.line, item.invoice),
                    item.detail.empty() ? "" : ": ", item.detail, "\n");
  }
  return text;
}

std::string Quoted(absl::string_view text) {
  return absl::StrCat("\"", absl::StrReplaceAll(text, {{"\"", "\"\""}}), "\"");
}

std::string CsvLine(int64_t line, absl::string_view invoice, absl::string_view what,
                    absl::string_view detail) {
  return absl::StrCat(line, ",", Quoted(invoice), ",", Quoted(what), ",", Quoted(detail), "\n");
}

}  // namespace

std::string ImportReport::Summary() const {
  std::string text =
      absl::StrFormat("%d lines read in %.1f s\n", rows, absl::ToDoubleSeconds(time_taken));
  absl::StrAppendFormat(&text, "%8d orders placed\n", placed);
  absl::StrAppendFormat(&text, "%8d orders were there already\n", already_there);
  absl::StrAppendFormat(&text, "%8d orders failed\n", failed.size());
  for (size_t i = 0; i < std::min(failed.size(), kExamplesMax); ++i) {
    absl::StrAppend(&text, "      ", Place(failed[i].line, failed[i].invoice), ": ",
                    failed[i].problem, "\n");
  }
  for (const LeftOutReason reason : kReasons) {
    const int64_t count = CountOf(left_out, reason);
    if (count == 0) continue;
    const bool lines = reason != LeftOutReason::kInvoiceWithoutLines;
    absl::StrAppendFormat(&text, "%8d %s: %s\n%s", count,
                          lines ? "lines left out" : "invoices left out", ToString(reason),
                          ExamplesOf(left_out, reason));
  }
  return text;
}

std::string ImportReport::Full() const {
  std::string text = "line,invoice,what,detail\n";
  for (const FailedOrder& order : failed) {
    text += CsvLine(order.line, order.invoice, "order failed", order.problem);
  }
  for (const LeftOut& item : left_out) {
    text += CsvLine(item.line, item.invoice, ToString(item.reason), item.detail);
  }
  return text;
}

std::string ImportReport::Json() const {
  nlohmann::ordered_json left = nlohmann::ordered_json::object();
  for (const LeftOutReason reason : kReasons) {
    left[std::string(ToString(reason))] = CountOf(left_out, reason);
  }
  return nlohmann::ordered_json{
      {"lines", rows},           {"placed", placed}, {"already_there", already_there},
      {"failed", failed.size()}, {"left_out", left}, {"seconds", absl::ToDoubleSeconds(time_taken)}}
      .dump();
}

}  // namespace tally::client
