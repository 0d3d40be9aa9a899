#pragma once

#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "common/base/money.h"
#include "google/protobuf/duration.pb.h"
#include "google/protobuf/timestamp.pb.h"
#include "google/type/date.pb.h"
#include "google/type/money.pb.h"

namespace tally::rpc {

// Our values as the messages that calls and events hold. Times have microseconds: what is finer is
// cut off.

void ToMessage(const base::Money& money, google::type::Money& message);
void ToMessage(absl::Time time, google::protobuf::Timestamp& message);         // finite
void ToMessage(absl::Duration duration, google::protobuf::Duration& message);  // finite
void ToMessage(absl::CivilDay day, google::type::Date& message);

absl::Time ToTime(const google::protobuf::Timestamp& message);

}  // namespace tally::rpc
