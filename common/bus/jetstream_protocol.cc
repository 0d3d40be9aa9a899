#include "common/bus/jetstream_protocol.h"

#include <algorithm>
#include <limits>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace tally::bus {
namespace {

using Json = nlohmann::json;

constexpr int64_t kMessageTooLarge = 10054;

// Copying and writing a value takes stack for each level of it: what lies deeper is left out.
constexpr int kDepthMax = 32;

Json ParseObject(absl::string_view text, const Json::parser_callback_t& keep = nullptr) {
  Json json = Json::parse(text.begin(), text.end(), keep, /*allow_exceptions=*/false);
  return json.is_object() ? json : Json();
}

// JetStream's counters of what is pending have been seen below zero, as unsigned numbers.
int64_t Clamped(uint64_t number) {
  return static_cast<int64_t>(std::min<uint64_t>(number, std::numeric_limits<int64_t>::max()));
}

std::string Describe(const Json& error) {
  return absl::StrCat("JetStream: ", StringField(error, "description"), " (",
                      IntField(error, "err_code"), ")");
}

}  // namespace

std::optional<AckSubject> ParseAckSubject(absl::string_view subject) {
  if (!absl::StartsWith(subject, "$JS.ACK.")) return std::nullopt;
  const std::vector<absl::string_view> tokens = absl::StrSplit(subject, '.');
  size_t first = 4;
  if (tokens.size() != 9) {
    if (tokens.size() < 11) return std::nullopt;
    first = 6;
  }
  AckSubject ack;
  int64_t durable_sequence;
  int64_t stored_ns;
  uint64_t pending;
  if (!absl::SimpleAtoi(tokens[first], &ack.delivery_count) ||
      !absl::SimpleAtoi(tokens[first + 1], &ack.stream_sequence) ||
      !absl::SimpleAtoi(tokens[first + 2], &durable_sequence) ||
      !absl::SimpleAtoi(tokens[first + 3], &stored_ns) ||
      !absl::SimpleAtoi(tokens[first + 4], &pending) || ack.delivery_count < 1 ||
      ack.stream_sequence < 1) {
    return std::nullopt;
  }
  ack.pending = Clamped(pending);
  ack.stored_time = absl::FromUnixNanos(stored_ns);
  return ack;
}

PublishResult ParsePublishAnswer(absl::string_view json) {
  const Json answer = ParseObject(json);
  PublishResult result;
  if (const auto error = answer.find("error"); error != answer.end()) {
    result.outcome = IntField(*error, "err_code") == kMessageTooLarge
                         ? PublishOutcome::kRefused
                         : PublishOutcome::kUnavailable;
    result.error = Describe(*error);
    result.may_be_stored = false;
  } else if (IntField(answer, "seq") > 0) {
    result.outcome =
        BoolField(answer, "duplicate") ? PublishOutcome::kDuplicate : PublishOutcome::kStored;
  } else {
    result.error = "not an acknowledgement";
  }
  return result;
}

absl::StatusOr<Json> ParseApiAnswer(absl::string_view json) {
  Json answer = ParseObject(
      json, [](int depth, Json::parse_event_t, const Json&) { return depth < kDepthMax; });
  if (!answer.is_object())
    return absl::UnavailableError("JetStream: the answer is not a JSON object");
  const auto error = answer.find("error");
  if (error == answer.end()) return answer;
  const int64_t code = IntField(*error, "code");
  if (code == 404) return absl::NotFoundError(Describe(*error));
  if (code >= 500) return absl::UnavailableError(Describe(*error));
  return absl::FailedPreconditionError(Describe(*error));
}

bool IsOrdinaryPullEnd(absl::string_view status, absl::string_view description) {
  if (status == "404" || status == "408") return true;
  return status == "409" &&
         (absl::StartsWithIgnoreCase(description, "Batch Completed") ||
          absl::StartsWithIgnoreCase(description, "Message Size Exceeds MaxBytes"));
}

bool BoolField(const Json& object, const char* name) {
  if (!object.is_object()) return false;
  const auto field = object.find(name);
  return field != object.end() && *field == true;
}

int64_t IntField(const Json& object, const char* name) {
  if (!object.is_object()) return 0;
  const auto field = object.find(name);
  if (field == object.end() || !field->is_number_integer()) return 0;
  return field->is_number_unsigned() ? Clamped(field->get<uint64_t>()) : field->get<int64_t>();
}

std::string StringField(const Json& object, const char* name) {
  if (!object.is_object()) return "";
  const auto field = object.find(name);
  return field != object.end() && field->is_string() ? field->get<std::string>() : "";
}

absl::Time TimeField(const Json& object, const char* name) {
  absl::Time time = absl::InfinitePast();
  std::string error;
  return absl::ParseTime(absl::RFC3339_full, StringField(object, name), &time, &error)
             ? time
             : absl::InfinitePast();
}

Json ObjectField(const Json& object, const char* name) {
  if (!object.is_object()) return Json();
  const auto field = object.find(name);
  return field != object.end() && field->is_object() ? *field : Json();
}

}  // namespace tally::bus
