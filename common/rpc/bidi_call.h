#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <utility>

#include <grpcpp/grpcpp.h>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "common/rpc/arena_message.h"
#include "common/rpc/call.h"
#include "common/rpc/handle.h"
#include "common/rpc/open_streams.h"

namespace tally::rpc {

// What one stream may have under way: items taken whose answers have not been sent. Reading stops
// while a bound is reached; the last message read may go beyond it.
struct BidiBounds {
  size_t items_max = 1024;
  size_t bytes_max = 8 << 20;
};

// A stream of items, several in a request, each answered once, in any order, from any thread. The
// method of a service derives from it, says in Take() what to do with a request, and begins with
// Start().
//
//   open    a request is read whenever the items under way are within the bounds: a client that
//   does
//           not read its answers is not read from
//   ending  the client has half-closed, Take() refused a request, or End() was called: nothing is
//           read any more, items under way are answered, then the stream ends with that status
//   broken  the client is gone or the deadline has passed: Cancelled() is true, answers go nowhere
//   done    no item is left: the call ends and deletes itself
//
// Answers that are ready together leave in one message. One read and one write are under way at
// most. Thread-safe.
template <typename Request, typename Response>
class BidiCall : public Call,
                 private OpenStreams::Stream,
                 private grpc::ServerBidiReactor<Request, Response> {
 public:
  using Reactor = grpc::ServerBidiReactor<Request, Response>;

  // One item under way. Whoever makes the answer holds it; the call lives as long.
  class Item {
   public:
    Item(BidiCall& call, size_t bytes) : call_(call), bytes_(bytes) { call_.Begin(bytes_); }
    // Sends what is answered by now: first answer all that is ready, then let the items go.
    ~Item() { call_.Release(); }
    Item(const Item&) = delete;
    Item& operator=(const Item&) = delete;

    // Once. `fill` adds the answer to a Response; it runs here and now, under a lock.
    template <typename Fill>
    void Answer(Fill&& fill) {
      call_.Answer(bytes_, std::forward<Fill>(fill));
    }

   private:
    BidiCall& call_;
    const size_t bytes_;  // of the request's part, which the answer is about as large as
  };

  // All must outlive the server.
  BidiCall(const Endpoint& endpoint, absl::string_view method,
           const grpc::CallbackServerContext& context, OpenStreams& streams, BidiBounds bounds)
      : Call(endpoint, method, context, absl::InfiniteDuration()),
        streams_(streams),
        bounds_(bounds) {}

  // Begins to read. What it returns is gRPC's: the method returns it and touches the call no more.
  Reactor* Start() {
    absl::Status status = RunGuarded([&] { return Admit(); });
    if (status.ok()) {
      status = streams_.Add(this);
      added_ = status.ok();
    }
    if (!status.ok()) {
      End(status);
      return this;
    }
    Next next;
    {
      absl::MutexLock lock(&mutex_);
      next = Decide();
    }
    Do(next);
    return this;
  }

 protected:
  ~BidiCall() override = default;

  // Makes an item of each part of a request. Runs on gRPC's thread and must not block. An error is
  // how the stream ends.
  virtual absl::Status Take(const Request& request) = 0;

 private:
  // A message of answers: ready, or still being filled.
  struct Answers {
    ArenaMessage<Response> message;
    size_t items = 0;
    size_t bytes = 0;
  };
  struct Next {
    ArenaMessage<Request>* read = nullptr;
    Answers* write = nullptr;
    bool finish = false;
  };
  enum class Reading { kIdle, kAsked, kTaking };

  // Above, the next answer begins another message: clients accept 4 MiB unless they say otherwise.
  static constexpr size_t kAnswersBytes = 1 << 20;

  void Begin(size_t bytes) {
    absl::MutexLock lock(&mutex_);
    ++items_;
    ++items_under_way_;
    bytes_under_way_ += bytes;
  }

  template <typename Fill>
  void Answer(size_t bytes, Fill&& fill) {
    absl::MutexLock lock(&mutex_);
    if (filling_ == nullptr || filling_->bytes >= kAnswersBytes) {
      filling_ = answers_.emplace_back(std::make_unique<Answers>()).get();
    }
    std::forward<Fill>(fill)(*filling_->message);
    ++filling_->items;
    filling_->bytes += bytes;
  }

  void Release() {
    Next next;
    {
      absl::MutexLock lock(&mutex_);
      --items_;
      next = Decide();
    }
    Do(next);
  }

  void End(const absl::Status& status) override {
    Next next;
    {
      absl::MutexLock lock(&mutex_);
      if (!end_.has_value()) end_ = status;
      next = Decide();
    }
    Do(next);
  }

  void OnReadDone(bool ok) override {
    absl::Status status;
    if (ok && BeginTaking()) status = RunGuarded([&] { return Take(**request_); });
    request_.reset();
    Next next;
    {
      absl::MutexLock lock(&mutex_);
      // Without a message the client has half-closed, unless the stream broke.
      if ((!ok || !status.ok()) && !end_.has_value()) end_ = status;
      reading_ = Reading::kIdle;
      next = Decide();
    }
    Do(next);
  }

  // False if the stream is ending: what comes now is not taken.
  bool BeginTaking() {
    absl::MutexLock lock(&mutex_);
    if (end_.has_value() || broken_) return false;
    reading_ = Reading::kTaking;
    return true;
  }

  void OnWriteDone(bool ok) override {
    Next next;
    {
      absl::MutexLock lock(&mutex_);
      writing_ = false;
      items_under_way_ -= answers_.front()->items;
      bytes_under_way_ -= answers_.front()->bytes;
      answers_.pop_front();
      if (!ok) broken_ = true;
      next = Decide();
    }
    Do(next);
  }

  void OnCancel() override {
    MarkCancelled();
    Next next;
    {
      absl::MutexLock lock(&mutex_);
      broken_ = true;
      next = Decide();
    }
    Do(next);
  }

  void OnDone() override {
    if (added_) streams_.Remove(this);
    delete this;
  }

  Next Decide() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    Next next;
    if (finished_) return next;
    if (!writing_ && !broken_ && !answers_.empty()) {
      writing_ = true;
      next.write = answers_.front().get();
      if (filling_ == next.write) filling_ = nullptr;
    }
    const bool over = end_.has_value() || broken_;
    if (!over && reading_ == Reading::kIdle && items_under_way_ < bounds_.items_max &&
        bytes_under_way_ < bounds_.bytes_max) {
      reading_ = Reading::kAsked;
      request_ = std::make_unique<ArenaMessage<Request>>();
      next.read = request_.get();
    }
    if (next.read != nullptr || next.write != nullptr) ++starting_;
    finished_ = over && items_ == 0 && !writing_ && starting_ == 0 && reading_ != Reading::kTaking;
    next.finish = finished_;
    return next;
  }

  // What was decided, without the lock: what it starts may end before it returns. `starting_` keeps
  // the call from its end meanwhile.
  void Do(Next next) {
    while (next.read != nullptr || next.write != nullptr) {
      if (next.read != nullptr) this->StartRead(&**next.read);
      if (next.write != nullptr) this->StartWrite(&*next.write->message);
      absl::MutexLock lock(&mutex_);
      --starting_;
      next = Decide();
    }
    if (next.finish) this->Finish(Conclude(HowItEnded()));
  }

  absl::Status HowItEnded() {
    absl::MutexLock lock(&mutex_);
    if (!broken_) return *end_;
    const absl::Status alive = Alive();
    return alive.ok() ? absl::CancelledError("") : alive;
  }

  OpenStreams& streams_;
  const BidiBounds bounds_;
  bool added_ = false;
  std::unique_ptr<ArenaMessage<Request>> request_;  // belongs to whoever reads

  absl::Mutex mutex_;
  Reading reading_ ABSL_GUARDED_BY(mutex_) = Reading::kIdle;
  int starting_ ABSL_GUARDED_BY(mutex_) = 0;  // threads that are about to read or write
  size_t items_ ABSL_GUARDED_BY(mutex_) = 0;  // that exist
  size_t items_under_way_ ABSL_GUARDED_BY(mutex_) = 0;
  size_t bytes_under_way_ ABSL_GUARDED_BY(mutex_) = 0;
  std::deque<std::unique_ptr<Answers>> answers_ ABSL_GUARDED_BY(mutex_);  // the first is written
  Answers* filling_ ABSL_GUARDED_BY(mutex_) = nullptr;  // the last, if it may be filled further
  bool writing_ ABSL_GUARDED_BY(mutex_) = false;
  bool broken_ ABSL_GUARDED_BY(mutex_) = false;
  bool finished_ ABSL_GUARDED_BY(mutex_) = false;
  std::optional<absl::Status> end_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace tally::rpc
