#pragma once

#include <string>

#include "common/ops/alarm.h"
#include "common/ops/payload_decoder.h"
#include "common/outbox/lane_catalog.h"
#include "common/outbox/parked_store.h"
#include "common/outbox/relay_condition.h"
#include "tally/ops/v1/outbox_service.pb.h"

namespace tally::ops {

// What the outbox' tables and relay say, as the API says it. Pure.

void ToMessage(const outbox::LaneRecord& lane, v1::Lane& message);

// Without headers and payload.
void ToMessage(const outbox::ParkedEvent& parked, v1::ParkedEvent& message);
// Headers and payload, as `source` publishes them.
void AddDetails(const outbox::ParkedEvent& parked, const std::string& source,
                const PayloadDecoder& decoder, v1::ParkedEvent& message);

void ToMessage(const outbox::OutboxSummary& summary, v1::GetOutboxStatusResponse& message);
void RaiseAlarms(const outbox::OutboxSummary& summary, const outbox::RelayCondition& relay,
                 Alarms& alarms);

}  // namespace tally::ops
