#pragma once

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "common/inbox/letter_eraser.h"
#include "tally/ops/v1/privacy_service.pb.h"

namespace tally::activity {

// What an EraseCustomer does here: one step of the eraser. Statistics name nobody.
absl::Status EraseCustomer(inbox::LetterEraser& eraser,
                           const ops::v1::EraseCustomerRequest& request, absl::Time deadline,
                           ops::v1::EraseCustomerResponse& response);

}  // namespace tally::activity
