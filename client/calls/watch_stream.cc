#include "client/calls/watch_stream.h"

#include <algorithm>
#include <utility>

#include "client/calls/channel.h"
#include "client/calls/retry_policy.h"
#include "common/base/monotonic.h"

namespace tally::client {
namespace {

// The service sends something every ten seconds at least: a connection that is silent for longer
// died without a word.
constexpr absl::Duration kSilenceMax = absl::Seconds(25);

}  // namespace

WatchStream::WatchStream(const std::shared_ptr<grpc::Channel>& channel, Request request)
    : request_(std::move(request)), stub_(activity::v1::ActivityService::NewStub(channel)) {}

WatchStream::~WatchStream() {
  if (context_ != nullptr) context_->TryCancel();
  queue_.Shutdown();
  void* tag;
  bool ok;
  while (queue_.Next(&tag, &ok)) continue;
}

std::optional<WatchStream::Response> WatchStream::Next(absl::Duration wait) {
  const absl::Duration now = base::MonotonicNow();
  if (state_ == State::kResting && now >= begin_at_) Begin();
  const bool under_way = state_ == State::kBeginning || state_ == State::kReading;
  if (under_way && now - heard_at_ > kSilenceMax) context_->TryCancel();
  if (state_ == State::kResting) wait = std::min(wait, begin_at_ - now);
  void* tag;
  bool ok;
  const auto next = queue_.AsyncNext(&tag, &ok, ToGprTime(now + wait));
  return next == grpc::CompletionQueue::GOT_EVENT ? Advance(ok) : std::nullopt;
}

void WatchStream::Begin() {
  reader_ = nullptr;  // It lives in the memory of its context's call.
  context_ = std::make_unique<grpc::ClientContext>();
  reader_ = stub_->PrepareAsyncWatchDailyActivity(context_.get(), request_, &queue_);
  reader_->StartCall(this);
  state_ = State::kBeginning;
  heard_at_ = base::MonotonicNow();
}

std::optional<WatchStream::Response> WatchStream::Advance(bool ok) {
  if (state_ == State::kEnding) {
    Settle();
    return std::nullopt;
  }
  if (!ok) {
    state_ = State::kEnding;
    reader_->Finish(&ended_, this);
    return std::nullopt;
  }
  std::optional<Response> message;
  if (state_ == State::kReading) {
    message = std::move(response_);
    trouble_ = grpc::Status::OK;
    attempts_ = 0;
    heard_at_ = base::MonotonicNow();
  }
  state_ = State::kReading;
  reader_->Read(&response_, this);
  return message;
}

void WatchStream::Settle() {
  trouble_ = ended_.ok() ? grpc::Status(grpc::StatusCode::UNAVAILABLE, "the stream ended") : ended_;
  if (!MayBeRetried(trouble_)) {
    state_ = State::kRefused;
    return;
  }
  state_ = State::kResting;
  begin_at_ =
      base::MonotonicNow() + RetryDelay(trouble_, ++attempts_, absl::Uniform(random_, 0.0, 1.0));
}

}  // namespace tally::client
