#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include <nlohmann/json.hpp>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/bus/bus.h"

namespace tally::bus {

// The texts JetStream sends, read without trusting them. Pure.

// What the reply subject of a delivery says about it:
//   $JS.ACK.[<domain>.<account>.]<stream>.<durable>.
//   <deliveries>.<stream sequence>.<durable sequence>.<ns>.<pending>[.<random>]
struct AckSubject {
  int64_t delivery_count = 0;
  int64_t stream_sequence = 0;
  absl::Time stored_time;
  int64_t pending = 0;
};
std::optional<AckSubject> ParseAckSubject(absl::string_view subject);

// The answer to a publish; `token` is left 0. What cannot be read is kUnavailable: the message may
// or may not be stored.
PublishResult ParsePublishAnswer(absl::string_view json);

// An API answer. Its `error` becomes a status: NOT_FOUND (stream or durable), UNAVAILABLE (the
// server's trouble, may pass), FAILED_PRECONDITION (the request as it is cannot be granted).
absl::StatusOr<nlohmann::json> ParseApiAnswer(absl::string_view json);

// Whether the status that ended a pull request belongs to normal life: it expired, found nothing,
// or was full. Anything else calls for a look at the durable before pulling again.
bool IsOrdinaryPullEnd(absl::string_view status, absl::string_view description);

// Fields of a JSON object; false, zero, empty or infinite past when absent or of another type. What
// is beyond int64 is its largest number.
bool BoolField(const nlohmann::json& object, const char* name);
int64_t IntField(const nlohmann::json& object, const char* name);
std::string StringField(const nlohmann::json& object, const char* name);
absl::Time TimeField(const nlohmann::json& object, const char* name);
nlohmann::json ObjectField(const nlohmann::json& object, const char* name);

}  // namespace tally::bus
