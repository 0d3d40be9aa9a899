#pragma once

#include <string>
#include <vector>

#include "common/inbox/consumer.h"
#include "common/inbox/finding.h"
#include "common/inbox/healing_store.h"
#include "common/inbox/inbox_catalog.h"
#include "common/inbox/letter_desk.h"
#include "common/ops/alarm.h"
#include "common/ops/payload_decoder.h"
#include "tally/ops/v1/inbox_service.pb.h"

namespace tally::ops {

// What the inbox' tables and consumer say, as the API says it. Pure.

// Of the ranges above the watermark the lowest 100, or every one.
void ToMessage(const inbox::WatermarkRecord& watermark, bool every_range, v1::Watermark& message);

// Without headers and payload.
void ToMessage(const inbox::LetterRecord& record, v1::Letter& message);
void AddDetails(const inbox::LetterRecord& record, const PayloadDecoder& decoder,
                v1::Letter& message);

void ToMessage(const inbox::Finding& finding, v1::MissingRange& message);
void ToMessage(const inbox::SourceStore::Source& source, v1::SourceStatus& message);
void ToMessage(const inbox::HealingStore::Summary& summary, v1::GetInboxStatusResponse& message);

void ToMessage(const inbox::InboxSummary& summary, const inbox::ConsumerProgress& progress,
               v1::GetInboxStatusResponse& message);
void RaiseAlarms(const inbox::InboxSummary& summary, const inbox::ConsumerProgress& progress,
                 absl::Time now, Alarms& alarms);
// Of this instance.
struct Moments {
  absl::Time started;
  absl::Time all_answered;  // all producers, last
  absl::Time now;
};
// Of ranges that healing does not settle by itself, and of those of `producers` that are silent:
// neither who heals got an answer lately, nor this instance, from all of them; one that has never
// answered is silent a minute after the start.
void RaiseAlarms(const std::vector<inbox::Finding>& findings,
                 const std::vector<inbox::SourceStore::Source>& sources,
                 const std::vector<std::string>& producers, const Moments& moments, Alarms& alarms);

}  // namespace tally::ops
