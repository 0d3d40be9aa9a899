#pragma once

#include "common/rpc/call.h"

namespace tally::rpc {

// A unary call: may be finished on any thread, by a batch writer for example, long after its method
// returned. Made by Handle, deletes itself when gRPC is done with it.
template <typename Request, typename Response>
class UnaryCall final : public Call, private grpc::ServerUnaryReactor {
 public:
  UnaryCall(const Endpoint& endpoint, absl::string_view method,
            const grpc::CallbackServerContext& context, const Request& request, Response& response)
      : Call(endpoint, method, context, endpoint.options().default_deadline),
        request_(request),
        response_(response) {}

  const Request& request() const { return request_; }
  Response& response() { return response_; }

  // Answers the caller: with response() if OK, else with the error and its details. Exactly once;
  // the call, request and response are gone afterwards. Does not block.
  void Finish(const absl::Status& status) { grpc::ServerUnaryReactor::Finish(Conclude(status)); }

  grpc::ServerUnaryReactor* reactor() { return this; }

 private:
  ~UnaryCall() override = default;
  void OnCancel() override { MarkCancelled(); }
  void OnDone() override { delete this; }
  // Both reactions are trivial: without this gRPC 1.51 runs each on a thread of its executor, a
  // switch of threads for every call.
  bool InternalInlineable() override { return true; }

  const Request& request_;
  Response& response_;
};

}  // namespace tally::rpc
