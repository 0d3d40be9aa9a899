#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "common/bus/bus.h"

namespace tally::fuzz {

// A bus on which every question is answered with the next of some texts, the last one for ever;
// all else is UNIMPLEMENTED.
class AnsweringBus final : public bus::Bus {
 public:
  explicit AnsweringBus(std::vector<std::string> answers) : answers_(std::move(answers)) {}

  bool Connected() const override { return true; }
  absl::StatusOr<int64_t> MaxPayload() const override { return 1 << 20; }
  absl::StatusOr<std::string> Request(const std::string&, const std::string&, absl::Time) override {
    return next_ + 1 < answers_.size() ? answers_[next_++] : answers_.back();
  }

  absl::StatusOr<bus::Declared> Declare(const bus::StreamConfig&, absl::Time) override {
    return None();
  }
  absl::StatusOr<bus::Declared> Declare(const bus::DurableConfig&, absl::Time) override {
    return None();
  }
  absl::StatusOr<bus::StreamState> GetStreamState(const std::string&, absl::Time) override {
    return None();
  }
  absl::StatusOr<bus::DurableState> GetDurableState(const std::string&, const std::string&,
                                                    absl::Time) override {
    return None();
  }
  std::unique_ptr<bus::Publisher> NewPublisher(bus::PublisherOptions) override { return nullptr; }
  std::unique_ptr<bus::PullConsumer> NewPullConsumer(bus::PullConsumerOptions) override {
    return nullptr;
  }
  std::unique_ptr<bus::Responder> NewResponder(bus::ResponderOptions) override { return nullptr; }

 private:
  static absl::Status None() { return absl::UnimplementedError("only requests"); }

  const std::vector<std::string> answers_;
  size_t next_ = 0;
};

}  // namespace tally::fuzz
