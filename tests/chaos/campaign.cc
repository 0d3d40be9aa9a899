#include "tests/chaos/campaign.h"

#include <algorithm>
#include <iostream>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "tests/testkit/eventually.h"

namespace tally::chaos {
namespace {

constexpr int kVolleyMax = 3;
constexpr int kVolleysUntilQuiet = 8;
// How much longer than promised is waited, to tell late from lost.
constexpr absl::Duration kGrace = absl::Seconds(90);
constexpr absl::Duration kSettlePatience = absl::Seconds(1);

std::string Seconds(absl::Duration duration) {
  return absl::FormatDuration(absl::Trunc(duration, absl::Milliseconds(100)));
}

}  // namespace

Campaign::Campaign(Options options) : options_(std::move(options)), random_(options_.seed) {}

absl::StatusOr<Campaign::Report> Campaign::Run() {
  ASSIGN_OR_RETURN(site_, Site::Start(options_.site));
  last_fault_ = time_.Now();
  load_ = std::make_unique<Load>(Load::Options{.services = site_->order_addresses(),
                                               .orders_per_second = options_.orders_per_second,
                                               .seed = options_.seed},
                                 ledger_);
  settler_ = std::make_unique<Buyer>(Buyer::Options{.services = site_->order_addresses(),
                                                    .name = "settler",
                                                    .seed = options_.seed,
                                                    .patience = kSettlePatience},
                                     ledger_);
  Progress("all runs");
  RETURN_IF_ERROR(RunVolleys());
  ASSIGN_OR_RETURN(const Findings findings, AuditEverything(ledger_, *site_));
  Take(findings);
  for (const std::string& crash : site_->crashes()) Fail(absl::StrCat("crashed: ", crash));
  for (const std::string& line : ledger_.contradictions()) Fail(absl::StrCat("told: ", line));
  report_.orders = ledger_.counts();
  report_.restarts = site_->restarts();
  if (!report_.failures.empty()) std::cout << site_->Describe();
  return report_;
}

absl::Status Campaign::RunVolleys() {
  const absl::Duration end = time_.Now() + options_.span;
  while (report_.failures.empty() && (time_.Now() < end || !EachHasStruck())) {
    RETURN_IF_ERROR(RunVolley());
    if (++report_.volleys % kVolleysUntilQuiet == 0) RETURN_IF_ERROR(QuietPoint());
  }
  return report_.volleys % kVolleysUntilQuiet == 0 ? absl::OkStatus() : QuietPoint();
}

bool Campaign::EachHasStruck() const { return report_.faults.size() == options_.kinds.size(); }

// The next few kinds of a shuffled deck that do not get in each other's way.
std::vector<const FaultKind*> Campaign::Deal() {
  if (deck_.empty()) {
    for (const FaultKind& kind : options_.kinds) deck_.push_back(&kind);
    std::shuffle(deck_.begin(), deck_.end(), random_);
  }
  const size_t count = 1 + random_() % kVolleyMax;
  std::set<Part> taken;
  std::vector<const FaultKind*> hand;
  for (auto card = deck_.begin(); card != deck_.end() && hand.size() < count;) {
    const bool fits = taken.insert((*card)->part).second;
    if (fits) hand.push_back(*card);
    card = fits ? deck_.erase(card) : card + 1;
  }
  return hand;
}

absl::Status Campaign::RunVolley() {
  load_->Resume();
  std::vector<Strike> strikes;
  std::string names;
  for (const FaultKind* kind : Deal()) {
    absl::StatusOr<Undo> undo = kind->strike(*site_, random_);
    absl::StrAppend(&names, " ", kind->name, undo.ok() ? "" : " (missed)");
    if (!undo.ok()) continue;
    strikes.push_back({kind, *std::move(undo)});
    ++report_.faults[kind->name];
  }
  const bool longer = random_() % 6 == 0;  // Than the leases.
  RETURN_IF_ERROR(Hold(longer ? Uniform(absl::Seconds(5), absl::Seconds(8))
                              : Uniform(absl::Milliseconds(100), absl::Seconds(2))));
  for (const Strike& strike : strikes) {
    if (absl::Status status = strike.undo(); !status.ok()) {
      return absl::Status(status.code(), absl::StrCat(strike.kind->name, ": ", status.message()));
    }
  }
  last_fault_ = time_.Now();
  Progress(names);
  return Hold(Uniform(absl::ZeroDuration(), absl::Seconds(1)));
}

absl::Status Campaign::Hold(absl::Duration span) {
  absl::Status status;
  const absl::Duration end = time_.Now() + span;
  testkit::Eventually(absl::InfiniteDuration(), [&] {
    status = site_->Tend();
    return !status.ok() || time_.Now() >= end;
  });
  return status;
}

absl::Duration Campaign::Uniform(absl::Duration min, absl::Duration max) {
  return absl::Milliseconds(std::uniform_int_distribution<int64_t>(
      absl::ToInt64Milliseconds(min), absl::ToInt64Milliseconds(max))(random_));
}

absl::Status Campaign::QuietPoint() {
  load_->Pause();
  absl::Status status;
  Findings findings;
  testkit::Eventually(absl::InfiniteDuration(), [&] {
    status = site_->Tend();
    settler_->Settle();
    findings = CompareStatistics(ledger_, *site_);
    return !status.ok() || findings.differences.empty() ||
           time_.Now() - last_fault_ > options_.catch_up_max + kGrace;
  });
  RETURN_IF_ERROR(status);
  const bool counted = findings.differences.empty();
  const absl::Duration catch_up = time_.Now() - last_fault_;
  report_.longest_catch_up = std::max(report_.longest_catch_up, catch_up);
  const Ledger::Counts counts = ledger_.counts();
  Progress(absl::StrCat(counted ? "caught up in " : "NOT caught up in ", Seconds(catch_up), ": ",
                        counts.acknowledged, " orders, ", counts.cancelled, " cancelled"));
  if (!counted) Take(findings);
  if (counted && catch_up > options_.catch_up_max) {
    Fail(absl::StrCat("caught up only after ", Seconds(catch_up)));
  }
  return absl::OkStatus();
}

void Campaign::Take(const Findings& findings) {
  report_.counted = findings.counted;
  report_.lost = findings.lost;
  report_.twice = findings.twice;
  for (const std::string& difference : findings.differences) Fail(difference);
}

void Campaign::Fail(const std::string& what) {
  std::cout << "FAILED: " << what << std::endl;
  report_.failures.push_back(what);
}

void Campaign::Progress(const std::string& text) const {
  std::cout << Seconds(time_.Now()) << "\t" << text << std::endl;
}

}  // namespace tally::chaos
