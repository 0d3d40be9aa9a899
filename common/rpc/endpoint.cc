#include "common/rpc/endpoint.h"

#include <google/protobuf/descriptor.h>

#include <cstdint>
#include <optional>

#include "absl/random/random.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_replace.h"
#include "absl/time/clock.h"
#include "common/base/check.h"
#include "common/rpc/error_details.h"
#include "common/rpc/errors.h"
#include "tally/rpc/v1/scope.pb.h"

namespace tally::rpc {
namespace {

constexpr int kLogLinesPerSecondMax = 20;
constexpr absl::Duration kRetryDelay = absl::Seconds(1);

enum class Fault { kNone, kCaller, kEnvironment, kOurs };

Fault FaultOf(absl::StatusCode code) {
  switch (code) {
    case absl::StatusCode::kOk:
      return Fault::kNone;
    case absl::StatusCode::kInternal:
    case absl::StatusCode::kUnknown:
    case absl::StatusCode::kDataLoss:
      return Fault::kOurs;
    case absl::StatusCode::kUnavailable:
    case absl::StatusCode::kResourceExhausted:
    case absl::StatusCode::kDeadlineExceeded:
      return Fault::kEnvironment;
    default:
      return Fault::kCaller;
  }
}

std::string NewLogId() {
  absl::BitGen random;
  return absl::StrFormat("%016x", absl::Uniform<uint64_t>(random));
}

// For a status whose own message is not for callers.
absl::Status NeutralError(absl::StatusCode code, const std::string& log_id) {
  const std::string reason = CodeName(code);
  switch (code) {
    case absl::StatusCode::kUnavailable:
      return Unavailable(reason, "temporarily unavailable; try again", kRetryDelay);
    case absl::StatusCode::kResourceExhausted:
      return ResourceExhausted(reason, "too much at once; try again", kRetryDelay);
    case absl::StatusCode::kDeadlineExceeded:
      return Error(code, reason, "the deadline passed before the answer was ready");
    default:
      break;
  }
  if (log_id.empty())
    return Error(code, reason, absl::AsciiStrToLower(absl::StrReplaceAll(reason, {{"_", " "}})));
  return Error(code, reason, absl::StrCat("internal error, logged as ", log_id),
               {{"log_id", log_id}});
}

}  // namespace

Endpoint::Endpoint(absl::string_view service, telemetry::Telemetry& telemetry,
                   EndpointOptions options)
    : service_(service),
      telemetry_(telemetry),
      options_(options),
      log_limit_(kLogLinesPerSecondMax) {
  const google::protobuf::ServiceDescriptor* descriptor =
      google::protobuf::DescriptorPool::generated_pool()->FindServiceByName(std::string(service));
  TALLY_CHECK(descriptor != nullptr);
  for (int i = 0; i < descriptor->method_count(); ++i) {
    const google::protobuf::MethodDescriptor& method = *descriptor->method(i);
    const std::string& scope = method.options().GetExtension(v1::scope);
    TALLY_CHECK(options_.open || !scope.empty());
    methods_[method.name()] = std::make_unique<Method>(absl::StrCat(service_, "/", method.name()),
                                                       scope, telemetry.metrics);
  }
}

Method& Endpoint::method(absl::string_view name) const {
  const auto found = methods_.find(name);
  TALLY_CHECK(found != methods_.end());
  return *found->second;
}

const Authenticator& Endpoint::authenticator() const {
  static const NoAuthentication& nobody_is_asked = *new NoAuthentication;
  if (options_.open) return nobody_is_asked;
  TALLY_CHECK(authenticator_ != nullptr);
  return *authenticator_;
}

absl::Status Endpoint::Settle(const Method& method, absl::Duration duration,
                              const absl::Status& status) const {
  const Fault fault = FaultOf(status.code());
  std::string log_id;
  telemetry::Log& log = telemetry_.log;
  if (fault == Fault::kOurs || fault == Fault::kEnvironment) {
    if (const std::optional<int64_t> left_out = log_limit_.Admit(absl::Now());
        left_out.has_value()) {
      log_id = NewLogId();
      log.Warning("call failed", {{"method", method.name()},
                                  {"log_id", log_id},
                                  {"error", status},
                                  {"seconds", absl::ToDoubleSeconds(duration)},
                                  {"left_out", *left_out}});
    }
  } else if (log.Enabled(telemetry::LogLevel::kDebug)) {
    log.Debug("call", {{"method", method.name()},
                       {"code", CodeName(status.code())},
                       {"seconds", absl::ToDoubleSeconds(duration)}});
  }
  const bool made_for_callers = status.ok() || !DetailsOf(status).reason.empty();
  return made_for_callers ? status : NeutralError(status.code(), log_id);
}

}  // namespace tally::rpc
