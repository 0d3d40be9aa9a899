#include "common/rpc/call.h"

#include <algorithm>
#include <chrono>
#include <map>

#include "absl/strings/ascii.h"
#include "absl/time/clock.h"
#include "common/base/check.h"
#include "common/base/status_macros.h"
#include "common/rpc/error_details.h"
#include "common/rpc/errors.h"

namespace tally::rpc {
namespace {

absl::Time DeadlineOf(const grpc::CallbackServerContext& context, absl::Time fallback) {
  const std::chrono::system_clock::time_point deadline = context.deadline();
  return deadline == std::chrono::system_clock::time_point::max() ? fallback
                                                                  : absl::FromChrono(deadline);
}

// 00-<32 hex digits>-<16 hex digits>-<2 hex digits>
bool IsTraceparent(absl::string_view text) {
  constexpr absl::string_view kForm = "00-xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx-xxxxxxxxxxxxxxxx-xx";
  return std::equal(text.begin(), text.end(), kForm.begin(), kForm.end(), [](char c, char form) {
    return form == 'x' ? absl::ascii_isdigit(c) || (c >= 'a' && c <= 'f') : c == form;
  });
}

}  // namespace

Call::Call(const Endpoint& endpoint, absl::string_view method,
           const grpc::CallbackServerContext& context, absl::Duration default_deadline)
    : endpoint_(endpoint),
      method_(endpoint.method(method)),
      context_(context),
      start_(absl::Now()),
      deadline_(DeadlineOf(context, start_ + default_deadline)) {
  method_.Started();
}

absl::Status Call::Admit() {
  ASSIGN_OR_RETURN(caller_, endpoint_.authenticator().Authenticate(context_));
  if (!caller_->May(method_.scope())) return ScopeMissing(method_.scope());
  return Alive();
}

absl::Status Call::Alive() const {
  if (absl::Now() >= deadline_) return absl::DeadlineExceededError("");
  if (Cancelled()) return absl::CancelledError("");
  return absl::OkStatus();
}

absl::string_view Call::traceparent() const {
  const auto found = context_.client_metadata().find("traceparent");
  if (found == context_.client_metadata().end()) return "";
  const absl::string_view value(found->second.data(), found->second.size());
  return IsTraceparent(value) ? value : "";
}

grpc::Status Call::Conclude(const absl::Status& status) {
  TALLY_CHECK(!concluded_.exchange(true));
  const absl::Duration duration = absl::Now() - start_;
  method_.Answered(status.code(), duration);
  return ToGrpcStatus(endpoint_.Settle(method_, duration, status));
}

absl::Status Call::ConcludeItem(const absl::Status& status, absl::Time start) const {
  method_.ItemAnswered(status.code());
  return status.ok() ? status : endpoint_.Settle(method_, absl::Now() - start, status);
}

}  // namespace tally::rpc
