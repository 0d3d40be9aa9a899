// A text that a caller gives back, or types: tokens, etags, ids, amounts.

#include <string>

#include "absl/strings/str_cat.h"
#include "activity_service/service/day_query.h"
#include "common/base/check.h"
#include "common/base/civil_day.h"
#include "common/base/consistency_token.h"
#include "common/base/money.h"
#include "common/base/sequence_set.h"
#include "common/base/text.h"
#include "common/ops/requests.h"
#include "common/rpc/page.h"
#include "order_service/service/cancellation_request.h"
#include "order_service/service/list_query.h"
#include "order_service/service/page_token.h"
#include "tests/fuzz/targets.h"

namespace tally::fuzz {
namespace {

constexpr size_t kTokenCharsMax = 64;
constexpr char kOrderId[] = "01932b5c-7a3e-7c52-9d5e-3f6a1b2c4d5e";

// The token of a place made of the text's bytes.
base::ConsistencyToken TokenOf(absl::string_view text) {
  base::Uuid::Bytes lane = {};
  uint64_t sequence = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<uint8_t>(text[i]);
    if (i < lane.size()) {
      lane[i] = byte;
    } else {
      sequence = sequence << 8 | byte;
    }
  }
  return {base::Uuid(lane), static_cast<int64_t>(sequence >> 1 | 1)};
}

void CheckMadeToken(absl::string_view text) {
  const base::ConsistencyToken token = TokenOf(text);
  const std::string encoded = token.Encode();
  TALLY_CHECK(encoded.size() <= kTokenCharsMax);
  const auto parsed = base::ConsistencyToken::Parse(encoded);
  TALLY_CHECK(parsed.ok() && *parsed == token);
}

void CheckConsistencyToken(const std::string& text) {
  const auto token = base::ConsistencyToken::Parse(text);
  if (token.ok()) TALLY_CHECK(token->sequence >= 1 && token->Encode() == text);

  activity::v1::GetDailyActivityRequest request;
  request.set_consistency_token(text);
  const auto query = activity::ParseDayQuery(request, absl::UnixEpoch());
  TALLY_CHECK(query.ok() == (text.empty() || token.ok()));
  TALLY_CHECK(!query.ok() || query->token.has_value() == token.ok());
}

// A page token is of one list alone, and no token of another kind.
void CheckPageToken(const std::string& text) {
  const orders::OrderFilter everyone;
  orders::OrderFilter alice;
  alice.customer = "alice";
  const auto cursor = orders::ParsePageToken(text, everyone);
  if (cursor.ok()) {
    TALLY_CHECK(!orders::ParsePageToken(text, alice).ok());
    TALLY_CHECK(!base::ConsistencyToken::Parse(text).ok());
    TALLY_CHECK(!rpc::ParsePageToken(text, "another list", 2).ok());
    const auto again = orders::ParsePageToken(orders::EncodePageToken(everyone, *cursor), everyone);
    TALLY_CHECK(again.ok() && again->place_time == cursor->place_time &&
                again->order_id == cursor->order_id);
  }
  orders::v1::ListOrdersRequest request;
  request.set_page_token(text);
  const auto query = orders::ParseListQuery(request);
  TALLY_CHECK(query.ok() == (text.empty() || cursor.ok()));
}

void CheckEtag(const std::string& text) {
  orders::v1::CancelOrderRequest request;
  request.set_order_id(kOrderId);
  request.set_etag(text);
  const auto cancellation = orders::PrepareCancellation(request, "", absl::UnixEpoch());
  if (!cancellation.ok()) {
    TALLY_CHECK(absl::IsInvalidArgument(cancellation.status()));
    return;
  }
  TALLY_CHECK(cancellation->content.etag == text && text.size() <= kTokenCharsMax);
  TALLY_CHECK(!base::TextProblem(text, 0, kTokenCharsMax).has_value());
}

void CheckUuid(absl::string_view text) {
  const auto uuid = base::Uuid::Parse(text);
  if (!uuid.ok()) return;
  TALLY_CHECK(*base::Uuid::Parse(uuid->ToString()) == *uuid);
  TALLY_CHECK(text.size() == uuid->ToString().size());
}

void CheckAmount(absl::string_view text) {
  for (const absl::string_view currency : {"GBP", "JPY", "BHD"}) {
    const auto money = base::Money::Parse(currency, text);
    if (!money.ok()) continue;
    TALLY_CHECK(!base::FinerThanMinorUnit(*money));
    const auto again = base::Money::Parse(currency, money->Format());
    TALLY_CHECK(again.ok() && *again == *money);
    const auto zero = base::Subtract(*money, *again);
    TALLY_CHECK(zero.ok() && zero->is_zero());
  }
}

void CheckSequences(absl::string_view text) {
  const auto set = base::SequenceSet::Parse(3, text);
  if (!set.ok()) return;
  TALLY_CHECK(set->Encode() == text && set->through() == 3);
  base::SequenceSet added(3);
  added.Merge(*set);
  TALLY_CHECK(added == *set);
  for (const base::SequenceRange gap : set->Missing(set->highest())) {
    TALLY_CHECK(!set->Contains(gap.first) && !set->Contains(gap.last));
    added.Add(gap);
  }
  TALLY_CHECK(added == base::SequenceSet(set->highest()));
}

void CheckEventId(const std::string& text) {
  ops::Texts event_ids;
  *event_ids.Add() = text;
  base::Violations violations;
  const auto keys = ops::ReadEventKeys(event_ids, violations);
  if (!violations.empty()) {
    TALLY_CHECK(keys.empty());
    return;
  }
  TALLY_CHECK(keys.size() == 1 && keys[0].sequence >= 1);
  *event_ids.Mutable(0) = absl::StrCat(keys[0].lane_id, "/", keys[0].sequence);
  const auto again = ops::ReadEventKeys(event_ids, violations);
  TALLY_CHECK(violations.empty() && again[0].lane_id == keys[0].lane_id &&
              again[0].sequence == keys[0].sequence);
}

void CheckDate(absl::string_view text) {
  const auto day = base::ParseDate(text);
  if (day.ok()) TALLY_CHECK(absl::FormatCivilTime(*day) == text);
}

}  // namespace

void Tokens(absl::string_view input) {
  const std::string text(input);
  CheckMadeToken(input);
  CheckConsistencyToken(text);
  CheckPageToken(text);
  CheckEtag(text);
  CheckUuid(input);
  CheckAmount(input);
  CheckSequences(input);
  CheckEventId(text);
  CheckDate(input);
}

}  // namespace tally::fuzz
