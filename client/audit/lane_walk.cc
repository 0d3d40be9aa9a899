#include "client/audit/lane_walk.h"

#include <map>

namespace tally::client {
namespace {

using ops::v1::InboxService;
using ops::v1::Lane;
using ops::v1::ListLanesRequest;
using ops::v1::ListLanesResponse;
using ops::v1::ListWatermarksRequest;
using ops::v1::ListWatermarksResponse;
using ops::v1::OutboxService;
using ops::v1::Watermark;

constexpr int kPageMax = 1000;

}  // namespace

ExitCode LaneWalk::Run(LaneLedger& ledger) {
  ListWatermarksRequest request;
  request.set_source(source_);
  request.set_page_size(kPageMax);
  std::string after;
  do {
    ListWatermarksResponse page;
    ExitCode code =
        CallOps(invocation_, consumer_, &InboxService::Stub::ListWatermarks, request, page);
    if (code != ExitCode::kOk) return code;
    request.set_page_token(page.next_page_token());
    const bool last = page.next_page_token().empty();
    const std::string through = last ? "" : page.watermarks(page.watermarks_size() - 1).lane_id();
    code = NoteStretch(page, after, through, ledger);
    if (code != ExitCode::kOk) return code;
    after = through;
  } while (!request.page_token().empty());
  ledger.EndWalk();
  return ExitCode::kOk;
}

ExitCode LaneWalk::NoteStretch(const ListWatermarksResponse& page, const std::string& after,
                               const std::string& through, LaneLedger& ledger) {
  std::map<std::string, const Watermark*> unpaired;
  for (const Watermark& watermark : page.watermarks()) {
    unpaired.emplace(watermark.lane_id(), &watermark);
  }
  ListLanesRequest request;
  request.set_order_by("lane_id");
  request.set_after_lane_id(after);
  request.set_through_lane_id(through);
  request.set_page_size(kPageMax);
  do {
    ListLanesResponse lanes;
    ExitCode code =
        CallOps(invocation_, producer_, &OutboxService::Stub::ListLanes, request, lanes);
    for (const Lane& lane : lanes.lanes()) {
      const auto pair = unpaired.extract(lane.lane_id());
      code = Note(lane.lane_id(), pair.empty() ? nullptr : pair.mapped(), &lane, ledger);
      if (code != ExitCode::kOk) break;
    }
    if (code != ExitCode::kOk) return code;
    request.set_page_token(lanes.next_page_token());
  } while (!request.page_token().empty());
  for (const auto& [lane_id, watermark] : unpaired) {
    const ExitCode code = Note(lane_id, watermark, nullptr, ledger);
    if (code != ExitCode::kOk) return code;
  }
  return ExitCode::kOk;
}

ExitCode LaneWalk::Note(const std::string& lane_id, const Watermark* watermark, const Lane* lane,
                        LaneLedger& ledger) {
  if (ledger.Note(lane_id, watermark, lane)) return ExitCode::kOk;
  // More gaps than a page shows. Read after the lane it may have covered more than the lane had
  // then; what it had covered before tells whether anything was lost.
  ListWatermarksRequest request;
  request.set_lane_id(lane_id);
  ListWatermarksResponse page;
  const ExitCode code =
      CallOps(invocation_, consumer_, &InboxService::Stub::ListWatermarks, request, page);
  if (code != ExitCode::kOk || page.watermarks().empty()) return code;
  Watermark& whole = *page.mutable_watermarks(0);
  whole.set_highest_sequence(watermark->highest_sequence());
  ledger.Note(lane_id, &whole, lane);
  return ExitCode::kOk;
}

}  // namespace tally::client
