#pragma once

#include <functional>
#include <memory>
#include <string>

#include "common/rpc/handle.h"
#include "tests/integration/rpc/testing.grpc.pb.h"

namespace tally::rpc::testing {

using AnswerCall = UnaryCall<AnswerRequest, AnswerResponse>;

// Does in its two working methods what a test wants; set before the server starts.
class Service final : public TestService::CallbackService {
 public:
  explicit Service(telemetry::Telemetry& telemetry, ExecutorOptions executor = {},
                   EndpointOptions options = {})
      : endpoint_(TestService::service_full_name(), telemetry, options),
        executor_(std::move(executor), telemetry) {}

  std::function<void(AnswerCall&)> on_answer = [](AnswerCall& call) {
    call.response().set_text(call.request().text());
    call.Finish(absl::OkStatus());
  };
  std::function<absl::Status(Call&)> on_read = [](Call&) { return absl::OkStatus(); };

  grpc::ServerUnaryReactor* Answer(grpc::CallbackServerContext* context,
                                   const AnswerRequest* request,
                                   AnswerResponse* response) override {
    return Handle(endpoint_, "Answer", context, request, response,
                  [this](AnswerCall& call) { on_answer(call); });
  }
  grpc::ServerUnaryReactor* Read(grpc::CallbackServerContext* context, const AnswerRequest* request,
                                 AnswerResponse* response) override {
    return HandleBlocking(
        endpoint_, "Read", context, request, response, executor_,
        [this](Call& call, const AnswerRequest&, AnswerResponse&) { return on_read(call); });
  }
  grpc::ServerUnaryReactor* NotBuilt(grpc::CallbackServerContext* context, const AnswerRequest*,
                                     AnswerResponse*) override {
    return Unimplemented(endpoint_, "NotBuilt", context);
  }
  grpc::ServerWriteReactor<AnswerResponse>* NotBuiltServerStream(
      grpc::CallbackServerContext* context, const AnswerRequest*) override {
    return Unimplemented<grpc::ServerWriteReactor<AnswerResponse>>(endpoint_,
                                                                   "NotBuiltServerStream", context);
  }
  grpc::ServerReadReactor<AnswerRequest>* NotBuiltClientStream(grpc::CallbackServerContext* context,
                                                               AnswerResponse*) override {
    return Unimplemented<grpc::ServerReadReactor<AnswerRequest>>(endpoint_, "NotBuiltClientStream",
                                                                 context);
  }
  grpc::ServerBidiReactor<AnswerRequest, AnswerResponse>* NotBuiltBidiStream(
      grpc::CallbackServerContext* context) override {
    return Unimplemented<grpc::ServerBidiReactor<AnswerRequest, AnswerResponse>>(
        endpoint_, "NotBuiltBidiStream", context);
  }

 private:
  Endpoint endpoint_;
  Executor executor_;
};

}  // namespace tally::rpc::testing
