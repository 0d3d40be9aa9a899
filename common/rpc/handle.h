#pragma once

#include <exception>
#include <utility>

#include "common/rpc/errors.h"
#include "common/rpc/executor.h"
#include "common/rpc/unary_call.h"

namespace tally::rpc {

// The one way into every method: who may call it, deadline, exceptions, error details, log and
// metrics are the same for all of them.
//
//   grpc::ServerUnaryReactor* GetOrder(grpc::CallbackServerContext* context, const GetOrderRequest*
//   request,
//                                      GetOrderResponse* response) override {
//     return rpc::HandleBlocking(endpoint_, "GetOrder", context, request, response, reads_,
//                                [this](rpc::Call& call, const GetOrderRequest& req,
//                                GetOrderResponse& res) {
//                                  return …;  // absl::Status
//                                });
//   }
//
// A method that is not built yet returns Unimplemented(endpoint_, "CancelOrder", context).

// What a handler's exception becomes.
absl::Status StatusOfException(const std::exception* exception);

// Calls `body`, which returns absl::Status; an exception becomes INTERNAL.
template <typename Body>
absl::Status RunGuarded(Body&& body) {
  try {
    return std::forward<Body>(body)();
  } catch (const std::exception& exception) {
    return StatusOfException(&exception);
  } catch (...) {
    return StatusOfException(nullptr);
  }
}

// For methods that finish later or at once without blocking: handler(UnaryCall<Request, Response>&)
// runs on gRPC's thread, must not block, and sees to it that the call is finished once. It must not
// throw after it has finished the call or handed it on.
template <typename Request, typename Response, typename Handler>
grpc::ServerUnaryReactor* Handle(const Endpoint& endpoint, absl::string_view method,
                                 grpc::CallbackServerContext* context, const Request* request,
                                 Response* response, Handler&& handler) {
  auto* call = new UnaryCall<Request, Response>(endpoint, method, *context, *request, *response);
  grpc::ServerUnaryReactor* reactor = call->reactor();
  const absl::Status status = RunGuarded([&] {
    absl::Status admitted = call->Admit();
    if (admitted.ok()) handler(*call);
    return admitted;
  });
  if (!status.ok()) call->Finish(status);
  return reactor;
}

// Finishes a call on the executor with what handler(Call&, const Request&, Response&), which may
// block, returns. RESOURCE_EXHAUSTED at once when the executor is full; a call that nobody waits
// for any more is not begun.
template <typename Request, typename Response, typename Handler>
void FinishBlocking(UnaryCall<Request, Response>& call, Executor& executor, Handler handler) {
  const bool accepted = executor.TrySubmit([&call, handler = std::move(handler)]() mutable {
    call.Finish(RunGuarded([&] {
      absl::Status alive = call.Alive();
      return alive.ok() ? handler(static_cast<Call&>(call), call.request(), call.response())
                        : alive;
    }));
  });
  if (!accepted)
    call.Finish(
        ResourceExhausted("SERVER_BUSY", "too many calls wait; try again", absl::Seconds(1)));
}

// For methods that block from the start.
template <typename Request, typename Response, typename Handler>
grpc::ServerUnaryReactor* HandleBlocking(const Endpoint& endpoint, absl::string_view method,
                                         grpc::CallbackServerContext* context,
                                         const Request* request, Response* response,
                                         Executor& executor, Handler handler) {
  return Handle(endpoint, method, context, request, response,
                [&](UnaryCall<Request, Response>& call) {
                  FinishBlocking(call, executor, std::move(handler));
                });
}

// Ends a call of a method that is not built yet. For streams name the reactor:
// Unimplemented<grpc::ServerWriteReactor<WatchDailyActivityResponse>>(…).
template <typename Reactor = grpc::ServerUnaryReactor>
Reactor* Unimplemented(const Endpoint& endpoint, absl::string_view method,
                       grpc::CallbackServerContext* context) {
  class Refusal final : public Reactor, private Call {
   public:
    Refusal(const Endpoint& e, absl::string_view m, const grpc::CallbackServerContext& c)
        : Call(e, m, c, e.options().default_deadline) {
      Reactor::Finish(Conclude(Error(absl::StatusCode::kUnimplemented, "METHOD_NOT_IMPLEMENTED",
                                     "this method is not implemented yet")));
    }
    void OnDone() override { delete this; }
  };
  return new Refusal(endpoint, method, *context);
}

}  // namespace tally::rpc
