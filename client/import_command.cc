#include <cstdio>
#include <fstream>
#include <sstream>
#include <utility>

#include <unistd.h>

#include "absl/flags/flag.h"
#include "absl/strings/str_cat.h"
#include "client/calls/channel.h"
#include "client/calls/failure.h"
#include "client/calls/stream_window.h"
#include "client/commands.h"
#include "client/flags.h"
#include "client/retail/import_report.h"
#include "client/retail/invoice_book.h"
#include "client/terminal/progress.h"
#include "common/base/monotonic.h"
#include "common/rpc/google_types.h"

namespace tally::client {
namespace {

absl::StatusOr<std::string> ReadWholeFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream content;
  if (file.peek() != std::ifstream::traits_type::eof()) content << file.rdbuf();
  if (!file.is_open() || file.bad() || !content) {
    return absl::NotFoundError(absl::StrCat("cannot read ", path));
  }
  return content.str();
}

constexpr int kMessageOrdersMax = 100;

// Sends the orders of a file and gathers what becomes of them. One thread.
class Importer {
 public:
  Importer(const Settings& settings, int concurrency, Invoices invoices)
      : start_(absl::Now()),
        orders_(std::move(invoices.orders)),
        window_(OpenChannel(settings.orders),
                {.orders_max = concurrency, .deadline = settings.deadline}, kMessageOrdersMax,
                [this](const PlacementWindow::Outcome& outcome) { Take(outcome); }) {
    report_.rows = invoices.rows;
    report_.left_out = std::move(invoices.left_out);
  }

  ImportReport Run() {
    const absl::Duration begin = base::MonotonicNow();
    Progress progress(Terminal::Of(STDERR_FILENO));
    size_t next = 0;
    while (next < orders_.size() || window_.size() > 0) {
      for (; next < orders_.size() && !window_.full(); ++next) {
        window_.Place(next, std::move(orders_[next].request));
      }
      window_.Advance(absl::Milliseconds(100));
      if (progress.Due()) Show(progress);
    }
    report_.time_taken = base::MonotonicNow() - begin;
    return std::move(report_);
  }

 private:
  void Take(const PlacementWindow::Outcome& outcome) {
    ++done_;
    if (!outcome.status.ok()) {
      report_.failed.push_back({orders_[outcome.key].line, outcome.request.request_id(),
                                DescribeBriefly(outcome.status)});
    } else if (rpc::ToTime(outcome.response.order().create_time()) < start_) {
      ++report_.already_there;
    } else {
      ++report_.placed;
    }
  }

  void Show(Progress& progress) const {
    int64_t retried = 0;
    for (const auto& [code, count] : window_.retried()) retried += count;
    const auto all = static_cast<int64_t>(orders_.size());
    progress.Show(done_, all,
                  absl::StrCat(done_, " of ", all, " orders, ", report_.failed.size(), " failed, ",
                               retried, " attempts repeated"));
  }

  // An order made before this was there already, as far as the clocks of both machines agree.
  const absl::Time start_;
  std::vector<Invoice> orders_;
  ImportReport report_;
  int64_t done_ = 0;
  StreamWindow window_;
};

// Opened before the work, so that a report that cannot be written is known at once.
std::ofstream OpenReport(const std::string& path, base::Violations& problems) {
  std::ofstream file;
  if (path.empty()) return file;
  file.open(path, std::ios::binary | std::ios::trunc);
  if (!file.is_open()) problems.Add("--report", absl::StrCat("cannot write ", path));
  return file;
}

Invoices ReadInvoices(const std::string& path, base::Violations& problems) {
  const absl::StatusOr<std::string> content = ReadWholeFile(path);
  absl::StatusOr<Invoices> invoices =
      content.ok() ? ReadRetailCsv(*content) : absl::StatusOr<Invoices>(content.status());
  if (invoices.ok()) return *std::move(invoices);
  problems.Add("--csv", std::string(invoices.status().message()));
  return {};
}

}  // namespace

ExitCode RunImport(Invocation& invocation) {
  base::Violations& problems = invocation.problems;
  const std::string csv = absl::GetFlag(FLAGS_csv);
  const int concurrency = absl::GetFlag(FLAGS_concurrency);
  if (csv.empty()) problems.Add("--csv", "names the file to import");
  if (concurrency < 1 || concurrency > 10'000) {
    problems.Add("--concurrency", "must be 1 to 10000");
  }
  if (!problems.empty()) return ExitCode::kWrongUsage;
  Invoices invoices = ReadInvoices(csv, problems);
  std::ofstream report_file = OpenReport(absl::GetFlag(FLAGS_report), problems);
  if (!problems.empty()) return ExitCode::kWrongUsage;

  const ImportReport report = Importer(invocation.settings, concurrency, std::move(invoices)).Run();
  std::fputs((invocation.settings.json ? report.Json() + "\n" : report.Summary()).c_str(), stdout);
  if (report_file.is_open()) {
    report_file << report.Full();
    report_file.close();
    if (report_file.fail()) {
      problems.Add("--report", "could not be written to its end");
      return ExitCode::kWrongUsage;
    }
  }
  return report.failed.empty() ? ExitCode::kOk : ExitCode::kIncomplete;
}

}  // namespace tally::client
