#include "common/rpc/error_details.h"

#include "common/rpc/payload.h"
#include "google/rpc/error_details.pb.h"

namespace tally::rpc {
namespace {

absl::Duration ToDuration(const google::protobuf::Duration& duration) {
  return absl::Seconds(duration.seconds()) + absl::Nanoseconds(duration.nanos());
}

ErrorDetails DetailsOf(const google::rpc::Status& status) {
  ErrorDetails details;
  google::rpc::ErrorInfo info;
  google::rpc::BadRequest bad_request;
  google::rpc::RetryInfo retry;
  for (const google::protobuf::Any& detail : status.details()) {
    if (detail.UnpackTo(&info)) {
      details.reason = info.reason();
      details.domain = info.domain();
      details.metadata.insert(info.metadata().begin(), info.metadata().end());
    } else if (detail.UnpackTo(&bad_request)) {
      for (const auto& violation : bad_request.field_violations()) {
        details.violations.push_back({violation.field(), violation.description()});
      }
    } else if (detail.UnpackTo(&retry)) {
      details.retry_delay = ToDuration(retry.retry_delay());
    }
  }
  return details;
}

}  // namespace

ErrorDetails DetailsOf(const grpc::Status& status) {
  google::rpc::Status proto;
  if (!proto.ParseFromString(status.error_details())) return {};
  return DetailsOf(proto);
}

ErrorDetails DetailsOf(const absl::Status& status) { return DetailsOf(ToMessage(status)); }

std::string CodeName(absl::StatusCode code) { return absl::StatusCodeToString(code); }

std::string CodeName(grpc::StatusCode code) {
  return CodeName(static_cast<absl::StatusCode>(code));
}

grpc::Status ToGrpcStatus(const absl::Status& status) {
  if (status.ok()) return grpc::Status::OK;
  return grpc::Status(static_cast<grpc::StatusCode>(status.code()), std::string(status.message()),
                      ToMessage(status).SerializeAsString());
}

google::rpc::Status ToMessage(const absl::Status& status) {
  google::rpc::Status proto;
  proto.set_code(static_cast<int>(status.code()));
  proto.set_message(std::string(status.message()));
  const std::string types[] = {TypeUrlOf(google::rpc::ErrorInfo()),
                               TypeUrlOf(google::rpc::BadRequest()),
                               TypeUrlOf(google::rpc::RetryInfo())};
  for (const std::string& type : types) {
    const absl::optional<absl::Cord> payload = status.GetPayload(type);
    if (!payload.has_value()) continue;
    google::protobuf::Any& detail = *proto.add_details();
    detail.set_type_url(type);
    detail.set_value(std::string(*payload));
  }
  return proto;
}

grpc::Status ToGrpcStatus(const google::rpc::Status& message) {
  return grpc::Status(static_cast<grpc::StatusCode>(message.code()), message.message(),
                      message.SerializeAsString());
}

}  // namespace tally::rpc
