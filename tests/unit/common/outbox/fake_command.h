#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "common/outbox/command.h"

namespace tally::outbox {

// A command whose end can be seen from outside; finishing it twice is seen too.
class FakeCommand final : public Command {
 public:
  struct End {
    int finished = 0;
    absl::Status status;
  };

  explicit FakeCommand(size_t bytes = 1, absl::Time deadline = absl::InfiniteFuture(),
                       bool cancelled = false)
      : bytes_(bytes), deadline_(deadline), cancelled_(cancelled) {}

  size_t bytes() const override { return bytes_; }
  absl::Time deadline() const override { return deadline_; }
  bool cancelled() const override { return cancelled_; }
  void Finish(const absl::Status& status) override {
    ++end_->finished;
    end_->status = status;
  }

  std::shared_ptr<const End> end() const { return end_; }

 private:
  const size_t bytes_;
  const absl::Time deadline_;
  const bool cancelled_;
  const std::shared_ptr<End> end_ = std::make_shared<End>();
};

}  // namespace tally::outbox
