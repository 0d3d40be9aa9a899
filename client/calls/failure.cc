#include "client/calls/failure.h"

#include "absl/strings/str_cat.h"
#include "client/calls/retry_policy.h"
#include "common/rpc/error_details.h"

namespace tally::client {
namespace {

std::string CodeAndReason(const grpc::Status& status, const rpc::ErrorDetails& details) {
  const std::string code = rpc::CodeName(status.error_code());
  const bool reason_adds = !details.reason.empty() && details.reason != code;
  return reason_adds ? absl::StrCat(code, " ", details.reason) : code;
}

}  // namespace

std::string Describe(const grpc::Status& status) {
  const rpc::ErrorDetails details = rpc::DetailsOf(status);
  std::string text = CodeAndReason(status, details);
  absl::StrAppend(&text, details.violations.empty() ? ": " + status.error_message() : "", "\n");
  for (const base::Violation& violation : details.violations) {
    absl::StrAppend(&text, "  ", violation.field, ": ", violation.description, "\n");
  }
  return text;
}

std::string DescribeBriefly(const grpc::Status& status) {
  const rpc::ErrorDetails details = rpc::DetailsOf(status);
  if (details.violations.empty()) {
    return absl::StrCat(CodeAndReason(status, details), ": ", status.error_message());
  }
  std::string text;
  for (const base::Violation& violation : details.violations) {
    absl::StrAppend(&text, text.empty() ? "" : "; ", violation.field, ": ", violation.description);
  }
  return text;
}

ExitCode ExitCodeOf(const grpc::Status& status) {
  if (status.ok()) return ExitCode::kOk;
  return MayBeRetried(status) ? ExitCode::kUnavailable : ExitCode::kRefused;
}

}  // namespace tally::client
