#include "common/outbox/handover.h"

#include <utility>

namespace tally::outbox {

Handover::Handover(size_t bytes_max, std::function<void()> wake)
    : bytes_max_(bytes_max), wake_(std::move(wake)) {}

void Handover::Opened(const std::string& lane_id) {
  absl::MutexLock lock(&mutex_);
  news_[lane_id].opened = true;
}

void Handover::Committed(const std::string& lane_id, int64_t head,
                         std::vector<OutboxEvent> events) {
  {
    absl::MutexLock lock(&mutex_);
    News& news = news_[lane_id];
    news.head = head;
    for (OutboxEvent& event : events) {
      if (bytes_ + event.bytes() > bytes_max_) break;
      bytes_ += event.bytes();
      news.events.push_back(std::move(event));
    }
  }
  wake_();
}

void Handover::Closed(const std::string& lane_id, int64_t final_sequence) {
  {
    absl::MutexLock lock(&mutex_);
    News& news = news_[lane_id];
    news.head = final_sequence;
    news.closed = true;
  }
  wake_();
}

std::map<std::string, Handover::News> Handover::Take() {
  absl::MutexLock lock(&mutex_);
  return std::exchange(news_, {});
}

void Handover::Release(size_t bytes) {
  absl::MutexLock lock(&mutex_);
  bytes_ -= bytes;
}

bool Handover::empty() const {
  absl::MutexLock lock(&mutex_);
  return news_.empty();
}

}  // namespace tally::outbox
