#pragma once

#include <string>

#include "tally/ops/v1/inbox_service.pb.h"
#include "tally/ops/v1/outbox_service.pb.h"

namespace tally::client {

// Answers of tally.ops.v1 for people; lists begin with a line of headings. Pure.

std::string ShowStatus(const ops::v1::GetOutboxStatusResponse& status);
std::string ShowStatus(const ops::v1::GetInboxStatusResponse& status);

std::string ShowLanes(const ops::v1::ListLanesResponse& page);
std::string ShowParked(const ops::v1::ListParkedEventsResponse& page);
std::string ShowWatermarks(const ops::v1::ListWatermarksResponse& page);
std::string ShowMissing(const ops::v1::ListMissingRangesResponse& page);
std::string ShowLetters(const ops::v1::ListLettersResponse& page);

}  // namespace tally::client
