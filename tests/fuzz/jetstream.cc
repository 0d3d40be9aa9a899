// What JetStream sends, behind a byte that says what: the reply subject of a delivery, the answer
// to a publish, to a question about a stream or durable, the end of a pull request (status and
// description on two lines), a server's greeting.

#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/base/check.h"
#include "common/bus/definition.h"
#include "common/bus/jetstream_protocol.h"
#include "common/bus/server_version.h"
#include "common/bus/stream_durability.h"
#include "tests/fuzz/input.h"
#include "tests/fuzz/targets.h"

namespace tally::fuzz {
namespace {

using nlohmann::json;

void ReadAck(absl::string_view input) {
  const auto ack = bus::ParseAckSubject(absl::StrCat("$JS.ACK.", input));
  TALLY_CHECK(!bus::ParseAckSubject(absl::StrCat("x", input)).has_value());
  if (ack.has_value()) {
    TALLY_CHECK(ack->delivery_count >= 1 && ack->stream_sequence >= 1 && ack->pending >= 0);
  }
}

// Nothing is taken for stored that the server did not say is.
void ReadPublishAnswer(absl::string_view input) {
  using bus::PublishOutcome;
  const bus::PublishResult result = bus::ParsePublishAnswer(input);
  const bool stored =
      result.outcome == PublishOutcome::kStored || result.outcome == PublishOutcome::kDuplicate;
  TALLY_CHECK(stored == result.error.empty());
  if (stored) TALLY_CHECK(absl::StrContains(input, "seq"));
  if (result.outcome == PublishOutcome::kRefused) TALLY_CHECK(!result.may_be_stored);
}

template <typename Config>
void Compare(const Config& config, const json& found) {
  const json wanted = bus::Definition(config);
  TALLY_CHECK(bus::FindDifferences(wanted, wanted).empty());
  json mended = found.is_object() ? found : json::object();
  for (const bus::Difference& difference : bus::FindDifferences(wanted, found)) {
    TALLY_CHECK(!difference.field.empty() && !difference.ToString().empty());
    mended[difference.field] = wanted[difference.field];
  }
  TALLY_CHECK(bus::FindDifferences(wanted, mended).empty());
  TALLY_CHECK(!mended.dump().empty());
}

void ReadApiAnswer(absl::string_view input) {
  const auto info = bus::ParseApiAnswer(input);
  if (!info.ok()) return;
  const json config = bus::ObjectField(*info, "config");
  Compare(bus::StreamConfig{.name = "ORDERS", .subjects = {"orders.v1.>"}}, config);
  Compare(bus::DurableConfig{.stream = "ORDERS", .name = "activity", .description = ""}, config);
  const json state = bus::ObjectField(*info, "state");
  const bus::StreamState stream{.created = bus::TimeField(*info, "created"),
                                .messages = bus::IntField(state, "messages"),
                                .replicas = bus::IntField(config, "num_replicas"),
                                .storage = bus::StringField(config, "storage"),
                                .durability = bus::StreamDurability(*info)};
  bus::Shortcomings(stream, {});
  const auto messages = state.is_object() ? state.find("messages") : state.end();
  if (state.is_object() && messages != state.end() && messages->is_number_unsigned()) {
    TALLY_CHECK(stream.messages >= 0);
  }
}

void ReadPullEnd(absl::string_view input) {
  const size_t end = input.find('\n');
  const absl::string_view status = input.substr(0, end);
  const absl::string_view text = end == input.npos ? absl::string_view() : input.substr(end + 1);
  const bool known = status == "404" || status == "408" || status == "409";
  TALLY_CHECK(known || !bus::IsOrdinaryPullEnd(status, text));
}

void ReadGreeting(absl::string_view input) {
  const std::string version = bus::ParseServerVersion(absl::StrCat("INFO ", input));
  TALLY_CHECK(version.size() <= input.size());
}

}  // namespace

void JetStream(absl::string_view input) {
  constexpr void (*kKinds[])(absl::string_view) = {&ReadAck, &ReadPublishAnswer, &ReadApiAnswer,
                                                   &ReadPullEnd, &ReadGreeting};
  const int kind = TakeKind(input, std::size(kKinds));
  kKinds[kind](input);
}

}  // namespace tally::fuzz
