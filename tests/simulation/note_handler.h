#pragma once

#include "common/outbox/batch_handler.h"

namespace tally::simulation {

// Writes notes, each key once, whoever writes it first.
class NoteHandler final : public outbox::BatchHandler {
 public:
  absl::Status Write(db::Transaction& transaction, absl::Span<outbox::Command* const> commands,
                     outbox::LaneAppender& lane, int attempt) override;
};

}  // namespace tally::simulation
