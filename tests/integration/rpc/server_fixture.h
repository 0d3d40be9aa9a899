#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>

#include <grpcpp/grpcpp.h>

#include "common/rpc/error_details.h"
#include "common/rpc/server.h"
#include "gtest/gtest.h"
#include "tests/integration/rpc/test_service.h"

namespace tally::rpc::testing {

// A real server on a free port, and a client of it.
class ServerTest : public ::testing::Test {
 protected:
  void StartServer(ServerOptions options = {}) {
    options.listen = {"127.0.0.1", 0};
    server_ = *Server::Start(options,
                             {{*service_,
                               [this] {
                                 service_->streams.EndAll();
                                 streams_told_ = true;
                                 end_streams_();
                               }}},
                             telemetry_);
    grpc::ChannelArguments arguments;
    // A client that does not read takes in no more than 64 KiB, however slow the machine looks.
    arguments.SetInt(GRPC_ARG_HTTP2_BDP_PROBE, 0);
    channel_ = grpc::CreateCustomChannel(server_->address().ToString(),
                                         grpc::InsecureChannelCredentials(), arguments);
    stub_ = TestService::NewStub(channel_);
  }

  using Method = grpc::Status (TestService::Stub::*)(grpc::ClientContext*, const AnswerRequest&,
                                                     AnswerResponse*);

  grpc::Status CallWith(grpc::ClientContext& context, Method method, const std::string& text = "") {
    AnswerRequest request;
    request.set_text(text);
    return (stub_.get()->*method)(&context, request, &response_);
  }
  grpc::Status Answer(const std::string& text = "") {
    grpc::ClientContext context;
    return CallWith(context, &TestService::Stub::Answer, text);
  }
  grpc::Status Read() {
    grpc::ClientContext context;
    return CallWith(context, &TestService::Stub::Read);
  }

  telemetry::Telemetry telemetry_{telemetry::LogFormat::kText, telemetry::LogLevel::kDebug, "test"};
  std::unique_ptr<Service> service_ = std::make_unique<Service>(telemetry_);
  std::atomic<bool> streams_told_ = false;     // to end
  std::function<void()> end_streams_ = [] {};  // more of what ends streams
  std::unique_ptr<Server> server_;
  std::shared_ptr<grpc::Channel> channel_;
  std::unique_ptr<TestService::Stub> stub_;
  AnswerResponse response_;
};

inline std::chrono::system_clock::time_point In(absl::Duration duration) {
  return std::chrono::system_clock::now() + absl::ToChronoNanoseconds(duration);
}

}  // namespace tally::rpc::testing
