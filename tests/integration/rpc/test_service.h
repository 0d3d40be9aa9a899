#pragma once

#include <functional>
#include <memory>
#include <string>

#include "absl/time/clock.h"
#include "common/base/check.h"
#include "common/rpc/bidi_call.h"
#include "common/rpc/handle.h"
#include "common/rpc/server_stream.h"
#include "tests/integration/rpc/testing.grpc.pb.h"

namespace tally::rpc::testing {

using AnswerCall = UnaryCall<AnswerRequest, AnswerResponse>;
using AnswerStream = ServerStreamCall<AnswerResponse>;

class ConverseCall final : public BidiCall<ConverseRequest, ConverseResponse> {
 public:
  using OnTake = std::function<absl::Status(ConverseCall&, const ConverseRequest&)>;

  ConverseCall(const Endpoint& endpoint, const grpc::CallbackServerContext& context,
               OpenStreams& streams, BidiBounds bounds, const OnTake& on_take)
      : BidiCall(endpoint, "Converse", context, streams, bounds), on_take_(on_take) {}

  static void Answer(Item& item, const std::string& text) {
    item.Answer([&](ConverseResponse& response) { response.add_answers(text); });
  }

  void CountItem(const absl::Status& status) {
    TALLY_CHECK(ConcludeItem(status, absl::Now()) == status);
  }

 private:
  ~ConverseCall() override = default;
  absl::Status Take(const ConverseRequest& request) override { return on_take_(*this, request); }

  const OnTake& on_take_;
};

// Does in its working methods what a test wants; set before the server starts.
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
  ConverseCall::OnTake on_take = [](ConverseCall& call, const ConverseRequest& request) {
    for (const std::string& text : request.items()) {
      ConverseCall::Item item(call, text.size());
      ConverseCall::Answer(item, text);
      call.CountItem(absl::OkStatus());
    }
    return absl::OkStatus();
  };
  BidiBounds bounds = {};
  OpenStreams streams{2};
  std::function<absl::Status(Call&)> on_read = [](Call&) { return absl::OkStatus(); };
  std::function<absl::Status(AnswerStream&)> on_stream = [](AnswerStream& stream) {
    stream.Finish(absl::OkStatus());
    return absl::OkStatus();
  };

  Endpoint& endpoint() { return endpoint_; }

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
  grpc::ServerBidiReactor<ConverseRequest, ConverseResponse>* Converse(
      grpc::CallbackServerContext* context) override {
    return (new ConverseCall(endpoint_, *context, streams, bounds, on_take))->Start();
  }
  grpc::ServerWriteReactor<AnswerResponse>* Stream(grpc::CallbackServerContext* context,
                                                   const AnswerRequest*) override {
    return HandleStream<AnswerResponse>(endpoint_, "Stream", context,
                                        [this](AnswerStream& stream) { return on_stream(stream); });
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
