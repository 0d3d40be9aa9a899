#include "common/rpc/errors.h"

#include <algorithm>
#include <cstdint>
#include <vector>

#include "absl/strings/cord.h"
#include "absl/strings/str_cat.h"
#include "common/base/check.h"
#include "common/rpc/payload.h"
#include "google/rpc/error_details.pb.h"

namespace tally::rpc {
namespace {

// Trailing metadata of a call may have 8 KiB in all, sometimes in base64 and with the message
// twice.
constexpr size_t kViolationBytesMax = 4 << 10;

void SetRetryDelay(absl::Status& status, absl::Duration delay) {
  google::rpc::RetryInfo info;
  const int64_t nanos = absl::ToInt64Nanoseconds(std::max(delay, absl::ZeroDuration()));
  info.mutable_retry_delay()->set_seconds(nanos / 1'000'000'000);
  info.mutable_retry_delay()->set_nanos(static_cast<int32_t>(nanos % 1'000'000'000));
  SetPayload(status, info);
}

void AddViolation(google::rpc::BadRequest& details, const std::string& field,
                  const std::string& description) {
  google::rpc::BadRequest::FieldViolation& violation = *details.add_field_violations();
  violation.set_field(field);
  violation.set_description(description);
}

google::rpc::BadRequest DetailsThatFit(const std::vector<base::Violation>& violations) {
  google::rpc::BadRequest details;
  size_t bytes = 0;
  for (size_t i = 0; i < violations.size(); ++i) {
    bytes += violations[i].field.size() + violations[i].description.size() + 8;
    if (bytes > kViolationBytesMax) {
      AddViolation(details, "*", absl::StrCat(violations.size() - i, " more violations"));
      break;
    }
    AddViolation(details, violations[i].field, violations[i].description);
  }
  return details;
}

}  // namespace

absl::Status Error(absl::StatusCode code, absl::string_view reason, absl::string_view message,
                   const std::map<std::string, std::string>& metadata) {
  google::rpc::ErrorInfo info;
  info.set_reason(std::string(reason));
  info.set_domain(kErrorDomain);
  info.mutable_metadata()->insert(metadata.begin(), metadata.end());
  absl::Status status(code, message);
  SetPayload(status, info);
  return status;
}

absl::Status BadRequest(const base::Violations& violations) {
  TALLY_CHECK(!violations.empty());
  const base::Violation& first = violations.list().front();
  std::string message = absl::StrCat(first.field, ": ", first.description);
  if (const size_t more = violations.list().size() - 1; more > 0)
    absl::StrAppend(&message, " (and ", more, " more)");
  absl::Status status = Error(absl::StatusCode::kInvalidArgument, "INVALID_FIELDS", message);
  SetPayload(status, DetailsThatFit(violations.list()));
  return status;
}

absl::Status ScopeMissing(absl::string_view scope) {
  return Error(absl::StatusCode::kPermissionDenied, "SCOPE_MISSING",
               absl::StrCat("the token does not hold the scope ", scope),
               {{"scope", std::string(scope)}});
}

absl::Status Unavailable(absl::string_view reason, absl::string_view message,
                         absl::Duration retry_delay) {
  absl::Status status = Error(absl::StatusCode::kUnavailable, reason, message);
  SetRetryDelay(status, retry_delay);
  return status;
}

absl::Status ResourceExhausted(absl::string_view reason, absl::string_view message,
                               absl::Duration retry_delay) {
  absl::Status status = Error(absl::StatusCode::kResourceExhausted, reason, message);
  SetRetryDelay(status, retry_delay);
  return status;
}

}  // namespace tally::rpc
