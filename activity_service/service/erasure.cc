#include "activity_service/service/erasure.h"

#include "common/base/status_macros.h"

namespace tally::activity {
namespace {

constexpr int kLettersAtOnce = 1000;

}  // namespace

absl::Status EraseCustomer(inbox::LetterEraser& eraser,
                           const ops::v1::EraseCustomerRequest& request, absl::Time deadline,
                           ops::v1::EraseCustomerResponse& response) {
  ASSIGN_OR_RETURN(
      const inbox::LetterEraser::Step step,
      eraser.Erase(request.customer(), request.page_token(), kLettersAtOnce, deadline));
  response.set_letters(step.letters);
  response.set_next_page_token(step.after);
  return absl::OkStatus();
}

}  // namespace tally::activity
