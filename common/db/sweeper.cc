#include "common/db/sweeper.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"

namespace tally::db {

Sweeper::Sweeper(SweeperOptions options, Sweep sweep, base::Clock& clock,
                 telemetry::Telemetry& telemetry)
    : options_(std::move(options)), sweep_(std::move(sweep)), clock_(clock), log_(telemetry.log) {}

absl::Duration Sweeper::Step() {
  const absl::Time began = clock_.Now();
  if (began < next_) return next_ - began;
  const absl::StatusOr<bool> more = sweep_();
  Note(more.status());
  const absl::Time ended = clock_.Now();
  const absl::Duration rest = RestAfter(more, ended - began);
  next_ = ended + rest;
  return rest;
}

absl::Duration Sweeper::RestAfter(const absl::StatusOr<bool>& more, absl::Duration took) const {
  if (!more.ok() || !*more) return options_.every;
  return std::clamp(took, options_.rest_min, std::max(options_.rest_min, options_.every));
}

void Sweeper::Note(const absl::Status& status) {
  if (status.ok() != failing_) return;
  failing_ = !status.ok();
  if (failing_) {
    log_.Warning(absl::StrCat(options_.what, " fails"), {{"why", status}});
  } else {
    log_.Info(absl::StrCat(options_.what, " works again"));
  }
}

}  // namespace tally::db
