#pragma once

#include <atomic>
#include <memory>

#include <grpcpp/grpcpp.h>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/base/check.h"
#include "common/rpc/endpoint.h"

namespace tally::rpc {

// One call under way, unary or a stream: what is known of it, and its end. Thread-safe, and valid
// until it is finished.
//
// Ending a call in time is the duty of whoever holds it: gRPC keeps request and response until
// then, so nobody else may. Whoever waits with a call asks Alive() before the work and bounds the
// wait by deadline().
class Call {
 public:
  // `default_deadline` after the arrival is the deadline of a call that comes without one.
  Call(const Endpoint& endpoint, absl::string_view method,
       const grpc::CallbackServerContext& context, absl::Duration default_deadline);
  Call(const Call&) = delete;
  Call& operator=(const Call&) = delete;

  // The caller's, or the default; infinite only where the default is.
  absl::Time deadline() const { return deadline_; }

  // The caller went away, cancelled, or its deadline passed.
  bool Cancelled() const { return cancelled_.load(std::memory_order_relaxed); }

  // OK while somebody waits for the answer; else CANCELLED or DEADLINE_EXCEEDED.
  absl::Status Alive() const;

  // OK if the call may begin: it is known who calls, that caller may call this method, and somebody
  // waits for the answer. Else UNAUTHENTICATED, PERMISSION_DENIED or what Alive() says. Once,
  // before anything else is done.
  absl::Status Admit();

  // Who calls; its name is empty where nobody is asked. Of an admitted call.
  const Caller& caller() const {
    TALLY_CHECK(caller_ != nullptr);
    return *caller_;
  }

  // W3C trace context that the caller sent; empty if it sent none or a malformed one. Valid as long
  // as the call.
  absl::string_view traceparent() const;

 protected:
  ~Call() { method_.Ended(); }  // gRPC is done with it: all has left, or the client is gone

  void MarkCancelled() { cancelled_.store(true, std::memory_order_relaxed); }

  // Metrics, log and what goes over the wire. Once.
  grpc::Status Conclude(const absl::Status& status);

  // The same for one item of a stream, which began at `start`; returns what the caller may see.
  absl::Status ConcludeItem(const absl::Status& status, absl::Time start) const;

 private:
  const Endpoint& endpoint_;
  Method& method_;
  std::shared_ptr<const Caller> caller_;
  const grpc::CallbackServerContext& context_;
  const absl::Time start_;
  const absl::Time deadline_;
  std::atomic<bool> cancelled_ = false;
  std::atomic<bool> concluded_ = false;
};

}  // namespace tally::rpc
