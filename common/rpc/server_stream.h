#pragma once

#include <memory>
#include <utility>

#include <grpc/grpc.h>

#include "absl/base/thread_annotations.h"
#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "common/rpc/call.h"
#include "common/rpc/handle.h"

namespace tally::rpc {

// The messages of one server-streaming call on their way to its client. Nothing is queued: one
// message is on its way at most, and what is written meanwhile is refused, so that a client that
// does not read costs one message. Thread-safe; never blocks.
template <typename Response>
class ServerStream {
 public:
  // False, and nothing done: a message is on its way still, or the stream has ended. Messages are
  // shared, because streams often tell many clients the same.
  virtual bool Write(std::shared_ptr<const Response> message) = 0;

  // Ends the stream: the status goes out behind the message that is on its way. The first status
  // counts. A client that went away, or whose deadline passed, has ended the stream by itself.
  virtual void Finish(const absl::Status& status) = 0;

  // For a client that does not read even that: ends a finished stream at once, with the status'
  // code and message alone, and gives its memory back.
  virtual void Cut() = 0;

 protected:
  ~ServerStream() = default;
};

// A ServerStream over gRPC. Made by HandleStream, deletes itself when gRPC is done with it.
template <typename Response>
class ServerStreamCall final : public ServerStream<Response>,
                               public Call,
                               private grpc::ServerWriteReactor<Response> {
 public:
  ServerStreamCall(const Endpoint& endpoint, absl::string_view method,
                   grpc::CallbackServerContext& context)
      : Call(endpoint, method, context, absl::InfiniteDuration()), context_(context) {}

  // `gone` is called once on another thread, at the end of all: the stream must not be touched any
  // more when it has returned. To be set while the method runs, before others know the stream.
  void WhenGone(absl::AnyInvocable<void()> gone) { gone_ = std::move(gone); }

  bool Write(std::shared_ptr<const Response> message) override {
    // gRPC calls back on its own threads only, so it may be called with the lock held: nothing is
    // written after the end.
    absl::MutexLock lock(&mutex_);
    if (message_ != nullptr || ended_) return false;
    message_ = std::move(message);
    this->StartWrite(message_.get());
    return true;
  }

  void Finish(const absl::Status& status) override {
    {
      absl::MutexLock lock(&mutex_);
      if (ended_) return;
      ended_ = true;
      cut_code_ = static_cast<grpc_status_code>(status.code());
    }
    grpc::ServerWriteReactor<Response>::Finish(Conclude(status));
  }

  void Cut() override {
    absl::MutexLock lock(&mutex_);
    if (!ended_ || std::exchange(cut_, true)) return;
    grpc_call_cancel_with_status(context_.c_call(), cut_code_, "cut off: nothing was read",
                                 nullptr);
  }

  grpc::ServerWriteReactor<Response>* reactor() { return this; }

 private:
  ~ServerStreamCall() override = default;

  void OnWriteDone(bool /*ok*/) override {
    absl::MutexLock lock(&mutex_);
    message_ = nullptr;
  }
  void OnCancel() override {
    MarkCancelled();
    Finish(absl::CancelledError(""));
  }
  void OnDone() override {
    if (gone_ != nullptr) gone_();
    { absl::MutexLock lock(&mutex_); }  // whoever ended it has let go
    delete this;
  }

  grpc::CallbackServerContext& context_;
  absl::AnyInvocable<void()> gone_;
  absl::Mutex mutex_;
  std::shared_ptr<const Response> message_ ABSL_GUARDED_BY(mutex_);  // on its way
  bool ended_ ABSL_GUARDED_BY(mutex_) = false;
  bool cut_ ABSL_GUARDED_BY(mutex_) = false;
  grpc_status_code cut_code_ ABSL_GUARDED_BY(mutex_) = GRPC_STATUS_OK;
};

// The one way into every server-streaming method, as Handle is into unary ones.
// handler(ServerStreamCall<Response>&) runs on gRPC's thread and must not block. If it returns OK
// it has taken the stream and sees to its end; otherwise the stream ends with what it returned.
template <typename Response, typename Handler>
grpc::ServerWriteReactor<Response>* HandleStream(const Endpoint& endpoint, absl::string_view method,
                                                 grpc::CallbackServerContext* context,
                                                 Handler&& handler) {
  auto* call = new ServerStreamCall<Response>(endpoint, method, *context);
  grpc::ServerWriteReactor<Response>* reactor = call->reactor();
  const absl::Status status = RunGuarded([&]() -> absl::Status {
    const absl::Status admitted = call->Admit();
    return admitted.ok() ? handler(*call) : admitted;
  });
  if (!status.ok()) call->Finish(status);
  return reactor;
}

}  // namespace tally::rpc
