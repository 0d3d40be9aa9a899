#include "common/bus/jetstream_api.h"

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "common/bus/definition.h"
#include "common/bus/jetstream_protocol.h"
#include "common/bus/nats_request.h"

namespace tally::bus {
namespace {

using Json = nlohmann::json;

std::string StreamInfoSubject(const std::string& stream) {
  return absl::StrCat("$JS.API.STREAM.INFO.", stream);
}

// Names become tokens of a subject.
absl::Status CheckName(const std::string& name) {
  if (name.empty() || name.find_first_of(" \t\r\n.*>/\\") != std::string::npos) {
    return absl::InvalidArgumentError(
        "stream and durable names have no spaces, dots, slashes or wildcards");
  }
  return absl::OkStatus();
}

}  // namespace

std::string JetStreamApi::DurableInfoSubject(absl::string_view stream, absl::string_view durable) {
  return absl::StrCat("$JS.API.CONSUMER.INFO.", stream, ".", durable);
}

std::string JetStreamApi::PullSubject(absl::string_view stream, absl::string_view durable) {
  return absl::StrCat("$JS.API.CONSUMER.MSG.NEXT.", stream, ".", durable);
}

absl::StatusOr<Declared> JetStreamApi::Declare(const StreamConfig& config,
                                               absl::Time deadline) const {
  RETURN_IF_ERROR(CheckName(config.name));
  const Json definition = Definition(config);
  return CreateOrCompare(StreamInfoSubject(config.name),
                         absl::StrCat("$JS.API.STREAM.CREATE.", config.name), definition,
                         definition, deadline);
}

absl::StatusOr<Declared> JetStreamApi::Declare(const DurableConfig& config,
                                               absl::Time deadline) const {
  RETURN_IF_ERROR(CheckName(config.stream));
  RETURN_IF_ERROR(CheckName(config.name));
  const Json definition = Definition(config);
  // Servers from 2.10 refuse to change an existing one then; older ones do not know the field.
  const Json request = {
      {"stream_name", config.stream}, {"config", definition}, {"action", "create"}};
  return CreateOrCompare(
      DurableInfoSubject(config.stream, config.name),
      absl::StrCat("$JS.API.CONSUMER.DURABLE.CREATE.", config.stream, ".", config.name), request,
      definition, deadline);
}

absl::StatusOr<Declared> JetStreamApi::CreateOrCompare(const std::string& info_subject,
                                                       const std::string& create_subject,
                                                       const Json& create_request,
                                                       const Json& definition,
                                                       absl::Time deadline) const {
  Declared declared;
  absl::StatusOr<Json> info = Request(info_subject, "", deadline);
  if (absl::IsNotFound(info.status())) {
    const absl::Status created = Request(create_subject, create_request.dump(), deadline).status();
    declared.created = created.ok();
    // Another instance may have been first, with other wishes: then there is something to compare
    // with.
    info = Request(info_subject, "", deadline);
    if (absl::IsNotFound(info.status()) && !created.ok()) return created;
  }
  RETURN_IF_ERROR(info.status());
  declared.differences = Differences(definition, ObjectField(*info, "config"));
  return declared;
}

absl::StatusOr<StreamState> JetStreamApi::GetStreamState(const std::string& stream,
                                                         absl::Time deadline) const {
  RETURN_IF_ERROR(CheckName(stream));
  ASSIGN_OR_RETURN(const Json info, Request(StreamInfoSubject(stream), "", deadline));
  const Json state = ObjectField(info, "state");
  const Json config = ObjectField(info, "config");
  return StreamState{.created = TimeField(info, "created"),
                     .messages = IntField(state, "messages"),
                     .bytes = IntField(state, "bytes"),
                     .first_sequence = IntField(state, "first_seq"),
                     .last_sequence = IntField(state, "last_seq"),
                     .replicas = IntField(config, "num_replicas"),
                     .storage = StringField(config, "storage")};
}

absl::StatusOr<DurableState> JetStreamApi::GetDurableState(const std::string& stream,
                                                           const std::string& durable,
                                                           absl::Time deadline) const {
  RETURN_IF_ERROR(CheckName(stream));
  RETURN_IF_ERROR(CheckName(durable));
  ASSIGN_OR_RETURN(const Json info, Request(DurableInfoSubject(stream, durable), "", deadline));
  return DurableState{
      .created = TimeField(info, "created"),
      .description = StringField(ObjectField(info, "config"), "description"),
      .ack_floor_stream_sequence = IntField(ObjectField(info, "ack_floor"), "stream_seq"),
      .pending = IntField(info, "num_pending"),
      .ack_pending = IntField(info, "num_ack_pending")};
}

absl::StatusOr<Json> JetStreamApi::Request(const std::string& subject, const std::string& body,
                                           absl::Time deadline) const {
  absl::StatusOr<std::string> answer = bus::Request(connection_, subject, body, deadline);
  if (absl::IsUnavailable(answer.status()) && connection_.link() != nullptr) {
    return absl::UnavailableError(
        absl::StrCat(answer.status().message(),
                     "; JetStream is off or starting, or this account may not do it"));
  }
  RETURN_IF_ERROR(answer.status());
  return ParseApiAnswer(*answer);
}

}  // namespace tally::bus
