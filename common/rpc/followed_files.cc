#include "common/rpc/followed_files.h"

#include <utility>

#include "absl/strings/str_cat.h"

namespace tally::rpc {
namespace {

constexpr absl::Duration kReadEvery = absl::Seconds(1);

}  // namespace

FollowedFiles::FollowedFiles(const FollowedFilesOptions& options,
                             std::function<absl::Status()> read, telemetry::Telemetry& telemetry)
    : what_(options.what),
      read_(std::move(read)),
      log_(telemetry.log),
      refused_(telemetry.metrics.AddGauge(options.gauge, options.help)),
      thread_(options.thread, [this] { return Step(); }) {}

absl::Duration FollowedFiles::Step() {
  const absl::Status status = read_();
  refused_.Set(status.ok() ? 0 : 1);
  if (!status.ok() && status != trouble_) {
    log_.Warning(absl::StrCat(what_, " refused, those read before still count"), {{"why", status}});
  }
  trouble_ = status;
  return kReadEvery;
}

}  // namespace tally::rpc
