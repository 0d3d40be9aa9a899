#pragma once

#include <string>

#include "client/audit/lane_ledger.h"
#include "client/command.h"
#include "client/ops/ops_call.h"
#include "tally/ops/v1/inbox_service.grpc.pb.h"
#include "tally/ops/v1/outbox_service.grpc.pb.h"

namespace tally::client {

// Reads both halves of every lane, page by page along lane_id: first a page of the consumer's, then
// the producer's lanes of the same stretch, so that each watermark is read before its lane.
class LaneWalk {
 public:
  LaneWalk(const Invocation& invocation, OpsServer<ops::v1::InboxService>& consumer,
           OpsServer<ops::v1::OutboxService>& producer, std::string source)
      : invocation_(invocation),
        consumer_(consumer),
        producer_(producer),
        source_(std::move(source)) {}

  // Notes every lane once. Blocks; says on stderr what went wrong.
  ExitCode Run(LaneLedger& ledger);

 private:
  ExitCode NoteStretch(const ops::v1::ListWatermarksResponse& page, const std::string& after,
                       const std::string& through, LaneLedger& ledger);
  ExitCode Note(const std::string& lane_id, const ops::v1::Watermark* watermark,
                const ops::v1::Lane* lane, LaneLedger& ledger);

  const Invocation& invocation_;
  OpsServer<ops::v1::InboxService>& consumer_;
  OpsServer<ops::v1::OutboxService>& producer_;
  const std::string source_;
};

}  // namespace tally::client
