#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "common/outbox/command_queue.h"
#include "common/outbox/handover.h"
#include "common/outbox/writer.h"
#include "tests/integration/outbox/note_handler.h"
#include "tests/integration/outbox/outbox_test_case.h"
#include "tests/testkit/eventually.h"

namespace tally::outbox {

// One writer, advanced by the test's own thread, with nobody behind its handover.
class WriterTestCase : protected OutboxTestCase {
 protected:
  void MakeWriter() {
    store_.emplace(LaneStoreOptions{.stream = "NOTES", .holder = "us"}, *database_);
    writer_ = NewWriter();
  }
  std::unique_ptr<Writer> NewWriter() {
    return std::make_unique<Writer>(WriterOptions{}, queue_, handler_, *store_, handover_, clock_,
                                    telemetry_);
  }
  std::shared_ptr<Answer> Submit(NoteCommand::Content content) {
    auto answer = std::make_shared<Answer>();
    std::unique_ptr<Command> command = std::make_unique<NoteCommand>(std::move(content), answer);
    EXPECT_OK(queue_.Push(absl::MakeSpan(&command, 1)));
    return answer;
  }
  std::shared_ptr<Answer> SubmitKey(const std::string& key) { return Submit({.key = key}); }

  // Steps until nothing is in hand or waits; back-offs are left out.
  void Settle() { EXPECT_EVENTUALLY(writer_->Step() == absl::InfiniteDuration(), kPatience); }
  void Write(const std::string& key) {
    const auto answer = SubmitKey(key);
    Settle();
    ASSERT_OK(answer->status());
  }

  NoteHandler handler_;
  CommandQueue queue_{10'000, 64 << 20, telemetry_.metrics};
  Handover handover_{16 << 20, [] {}};
  std::optional<LaneStore> store_;
  std::unique_ptr<Writer> writer_;
};

}  // namespace tally::outbox
