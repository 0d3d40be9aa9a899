#include "common/bus/jetstream_api.h"

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/base/status_macros.h"
#include "common/bus/definition.h"
#include "common/bus/jetstream_protocol.h"
#include "common/bus/nats_request.h"
#include "common/bus/stream_durability.h"

namespace tally::bus {
namespace {

using Json = nlohmann::json;

// Begins like a pull request and is none: it is refused, nothing is delivered for it.
constexpr char kNoPull[] = "{";

std::string StreamInfoSubject(const std::string& stream) {
  return absl::StrCat("$JS.API.STREAM.INFO.", stream);
}

bool InCluster(const Json& info) {
  return !StringField(ObjectField(info, "cluster"), "name").empty();
}

std::string Description(const Json& info) {
  return StringField(ObjectField(info, "config"), "description");
}

// Something that it delivered was acknowledged.
bool WasHeard(const Json& info) {
  return IntField(ObjectField(info, "ack_floor"), "consumer_seq") > 0;
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

// Servers from 2.10 refuse a "create" of a consumer that exists with another configuration, and an
// "update" of one that does not; older ones do not know the field.
std::string JetStreamApi::Subject::Request(const Json& config, const char* action) const {
  if (stream.empty()) return config.dump();
  return Json{{"stream_name", stream}, {"config", config}, {"action", action}}.dump();
}

absl::StatusOr<JetStreamApi::Subject> JetStreamApi::SubjectOf(const StreamConfig& config) {
  RETURN_IF_ERROR(CheckName(config.name));
  return Subject{.name = absl::StrCat("stream ", config.name),
                 .info = StreamInfoSubject(config.name),
                 .create = absl::StrCat("$JS.API.STREAM.CREATE.", config.name),
                 .change = absl::StrCat("$JS.API.STREAM.UPDATE.", config.name),
                 .stream = "",
                 .definition = Definition(config)};
}

absl::StatusOr<JetStreamApi::Subject> JetStreamApi::SubjectOf(const DurableConfig& config) {
  RETURN_IF_ERROR(CheckName(config.stream));
  RETURN_IF_ERROR(CheckName(config.name));
  const std::string create =
      absl::StrCat("$JS.API.CONSUMER.DURABLE.CREATE.", config.stream, ".", config.name);
  return Subject{.name = absl::StrCat("durable ", config.name),
                 .info = DurableInfoSubject(config.stream, config.name),
                 .create = create,
                 .change = create,
                 .stream = config.stream,
                 .definition = Definition(config)};
}

absl::StatusOr<Declared> JetStreamApi::Declare(const StreamConfig& config,
                                               absl::Time deadline) const {
  ASSIGN_OR_RETURN(const Subject subject, SubjectOf(config));
  return CreateOrCompare(subject, deadline);
}

absl::StatusOr<Declared> JetStreamApi::Declare(const DurableConfig& config,
                                               absl::Time deadline) const {
  ASSIGN_OR_RETURN(const Subject subject, SubjectOf(config));
  ASSIGN_OR_RETURN(Declared declared, CreateOrCompare(subject, deadline));
  RETURN_IF_ERROR(DeleteIfMute(config, deadline));
  return declared;
}

absl::Status JetStreamApi::DeleteIfMute(const DurableConfig& config, absl::Time deadline) const {
  const std::string info = DurableInfoSubject(config.stream, config.name);
  ASSIGN_OR_RETURN(const Json before, Request(info, "", deadline));
  if (InCluster(before) || WasHeard(before) || Description(before) != config.description) {
    return absl::OkStatus();
  }
  // A part of the time, so that some is left for what comes after.
  const absl::Time now = absl::Now();
  const absl::Time soon = now + (deadline - now) / 3;
  if (bus::Request(connection_, PullSubject(config.stream, config.name), kNoPull, soon).ok()) {
    return absl::OkStatus();
  }
  // Asked again, so that a server that is slow or gone is not taken for a mute durable.
  ASSIGN_OR_RETURN(const Json after, Request(info, "", deadline));
  if (TimeField(after, "created") != TimeField(before, "created") || WasHeard(after)) {
    return absl::OkStatus();
  }
  const absl::Status deleted =
      Request(absl::StrCat("$JS.API.CONSUMER.DELETE.", config.stream, ".", config.name), "",
              deadline)
          .status();
  return absl::UnavailableError(absl::StrCat(
      "durable ", config.name, " answers no pull: ",
      deleted.ok() ? "deleted, to be made again"
                   : absl::StrCat("delete it, and it is made again (", deleted.message(), ")")));
}

absl::StatusOr<Declared> JetStreamApi::CreateOrCompare(const Subject& subject,
                                                       absl::Time deadline) const {
  Declared declared;
  ASSIGN_OR_RETURN(Comparison found, Compare(subject, deadline));
  if (!found.has_value()) {
    // Half of the time, so that some is left to look again: another instance may have been first,
    // with other wishes.
    const absl::Time now = absl::Now();
    const absl::StatusOr<std::string> answer =
        bus::Request(connection_, subject.create, subject.Request(subject.definition, "create"),
                     now + (deadline - now) / 2);
    const absl::Status created = answer.ok() ? ParseApiAnswer(*answer).status() : answer.status();
    declared.created = created.ok();
    ASSIGN_OR_RETURN(found, Compare(subject, deadline));
    if (!found.has_value() && absl::IsUnavailable(answer.status()) &&
        connection_.link() != nullptr) {
      return absl::PermissionDeniedError(
          absl::StrCat(subject.name, " is not there, and this account may not create it"));
    }
    if (!found.has_value()) {
      return created.ok() ? absl::UnavailableError(absl::StrCat(subject.name, " is gone again"))
                          : created;
    }
  }
  for (const Difference& difference : *found) {
    declared.differences.push_back(difference.ToString());
  }
  return declared;
}

absl::StatusOr<JetStreamApi::Comparison> JetStreamApi::Compare(const StreamConfig& config,
                                                               absl::Time deadline) const {
  ASSIGN_OR_RETURN(const Subject subject, SubjectOf(config));
  return Compare(subject, deadline);
}

absl::StatusOr<JetStreamApi::Comparison> JetStreamApi::Compare(const DurableConfig& config,
                                                               absl::Time deadline) const {
  ASSIGN_OR_RETURN(const Subject subject, SubjectOf(config));
  return Compare(subject, deadline);
}

absl::StatusOr<JetStreamApi::Comparison> JetStreamApi::Compare(const Subject& subject,
                                                               absl::Time deadline) const {
  const absl::StatusOr<Json> info = Request(subject.info, "", deadline);
  if (absl::IsNotFound(info.status())) return Comparison();
  RETURN_IF_ERROR(info.status());
  return Comparison(FindDifferences(subject.definition, ObjectField(*info, "config")));
}

absl::Status JetStreamApi::Create(const StreamConfig& config, absl::Time deadline) const {
  ASSIGN_OR_RETURN(const Subject subject, SubjectOf(config));
  return Create(subject, deadline);
}

absl::Status JetStreamApi::Create(const DurableConfig& config, absl::Time deadline) const {
  ASSIGN_OR_RETURN(const Subject subject, SubjectOf(config));
  return Create(subject, deadline);
}

absl::Status JetStreamApi::Create(const Subject& subject, absl::Time deadline) const {
  return Request(subject.create, subject.Request(subject.definition, "create"), deadline).status();
}

absl::Status JetStreamApi::Change(const StreamConfig& config, const std::string& field,
                                  absl::Time deadline) const {
  ASSIGN_OR_RETURN(const Subject subject, SubjectOf(config));
  return Change(subject, field, deadline);
}

absl::Status JetStreamApi::Change(const DurableConfig& config, const std::string& field,
                                  absl::Time deadline) const {
  ASSIGN_OR_RETURN(const Subject subject, SubjectOf(config));
  return Change(subject, field, deadline);
}

absl::Status JetStreamApi::Change(const Subject& subject, const std::string& field,
                                  absl::Time deadline) const {
  ASSIGN_OR_RETURN(const Json info, Request(subject.info, "", deadline));
  Json config = ObjectField(info, "config");
  const Json wanted = subject.definition.value(field, Json());
  if (wanted.is_null()) {
    config.erase(field);
  } else {
    config[field] = wanted;
  }
  return Request(subject.change, subject.Request(config, "update"), deadline).status();
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
                     .storage = StringField(config, "storage"),
                     .durability = StreamDurability(info)};
}

absl::StatusOr<DurableState> JetStreamApi::GetDurableState(const std::string& stream,
                                                           const std::string& durable,
                                                           absl::Time deadline) const {
  RETURN_IF_ERROR(CheckName(stream));
  RETURN_IF_ERROR(CheckName(durable));
  ASSIGN_OR_RETURN(const Json info, Request(DurableInfoSubject(stream, durable), "", deadline));
  return DurableState{
      .created = TimeField(info, "created"),
      .description = Description(info),
      .ack_floor_stream_sequence = IntField(ObjectField(info, "ack_floor"), "stream_seq"),
      .pending = IntField(info, "num_pending"),
      .ack_pending = IntField(info, "num_ack_pending"),
      .deliveries = IntField(ObjectField(info, "delivered"), "consumer_seq"),
      .waiting = IntField(info, "num_waiting")};
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
