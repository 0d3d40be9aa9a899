#pragma once

#include <google/protobuf/repeated_ptr_field.h>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "tally/ops/v1/status.pb.h"

namespace tally::ops {

using Alarms = google::protobuf::RepeatedPtrField<v1::Alarm>;

// Names are stable; docs/operations.md explains each of them.
inline constexpr char kBusDiffers[] = "BUS_DIFFERS";
inline constexpr char kBusNotDurable[] = "BUS_NOT_DURABLE";
inline constexpr char kBusUnreachable[] = "BUS_UNREACHABLE";
inline constexpr char kConsumerStalled[] = "CONSUMER_STALLED";
inline constexpr char kConsumerSuspended[] = "CONSUMER_SUSPENDED";
inline constexpr char kDatabaseCopied[] = "DATABASE_COPIED";
inline constexpr char kDatabaseNotDurable[] = "DATABASE_NOT_DURABLE";
inline constexpr char kDurableOfAnother[] = "DURABLE_OF_ANOTHER";
inline constexpr char kDurableStuck[] = "DURABLE_STUCK";
inline constexpr char kEventsParked[] = "EVENTS_PARKED";
inline constexpr char kLanesDeserted[] = "LANES_DESERTED";
inline constexpr char kLettersDead[] = "LETTERS_DEAD";
inline constexpr char kRangeMissing[] = "RANGE_MISSING";
inline constexpr char kRangeTrimmed[] = "RANGE_TRIMMED";
inline constexpr char kRangeUnknown[] = "RANGE_UNKNOWN";
inline constexpr char kRelayStalled[] = "RELAY_STALLED";
inline constexpr char kSourceMoved[] = "SOURCE_MOVED";
inline constexpr char kSourceSilent[] = "SOURCE_SILENT";
inline constexpr char kUnexpectedDuplicates[] = "UNEXPECTED_DUPLICATES";

// `since` may be infinite: not known.
void Raise(absl::string_view name, absl::string_view detail, absl::Time since, Alarms& alarms);

}  // namespace tally::ops
