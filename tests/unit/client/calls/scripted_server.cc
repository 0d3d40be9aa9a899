#include "tests/unit/client/calls/scripted_server.h"

#include <grpcpp/security/server_credentials.h>
#include <grpcpp/server_builder.h>

#include <algorithm>
#include <utility>

#include "absl/time/clock.h"
#include "common/base/check.h"
#include "common/rpc/error_details.h"
#include "common/rpc/errors.h"

namespace tally::client {
namespace {

using orders::v1::PlaceOrdersRequest;
using orders::v1::PlaceOrdersResponse;

constexpr char kEndOfStream[] = "end of stream";

bool IsEndOfStream(const grpc::Status& status) { return status.error_message() == kEndOfStream; }

}  // namespace

grpc::Status EndOfStream() {
  return rpc::ToGrpcStatus(rpc::Unavailable("END", kEndOfStream, kComeBack));
}

class ScriptedServer::Service final : public orders::v1::OrderService::Service {
 public:
  explicit Service(Answer answer) : answer_(std::move(answer)) {}

  grpc::Status PlaceOrder(grpc::ServerContext*, const orders::v1::PlaceOrderRequest* request,
                          orders::v1::PlaceOrderResponse* response) override {
    return AnswerTo(*request, *response);
  }

  grpc::Status PlaceOrders(
      grpc::ServerContext*,
      grpc::ServerReaderWriter<PlaceOrdersResponse, PlaceOrdersRequest>* stream) override {
    PlaceOrdersRequest request;
    while (stream->Read(&request)) {
      PlaceOrdersResponse response;
      for (const PlaceOrdersRequest::Item& item : request.items()) {
        PlaceOrdersResponse::Result& result = *response.add_results();
        result.set_item_key(item.item_key());
        const grpc::Status status = AnswerTo(item.order(), *result.mutable_placed());
        if (IsEndOfStream(status)) return status;
        if (!status.ok()) SetError(status, *result.mutable_error());
      }
      stream->Write(response);
    }
    absl::MutexLock lock(&mutex_);
    ++half_closed_;
    return grpc::Status::OK;
  }

  int half_closed() const {
    absl::MutexLock lock(&mutex_);
    return half_closed_;
  }

  std::vector<std::string> Calls() const {
    absl::MutexLock lock(&mutex_);
    return calls_;
  }

 private:
  static void SetError(const grpc::Status& status, google::rpc::Status& error) {
    if (error.ParseFromString(status.error_details()) && error.code() != 0) return;
    error.set_code(status.error_code());
    error.set_message(status.error_message());
  }

  grpc::Status AnswerTo(const orders::v1::PlaceOrderRequest& request,
                        orders::v1::PlaceOrderResponse& response) {
    int attempt = 0;
    {
      absl::MutexLock lock(&mutex_);
      calls_.push_back(request.request_id());
      attempt = static_cast<int>(std::count(calls_.begin(), calls_.end(), request.request_id()));
    }
    response.mutable_order()->set_order_id("order of " + request.request_id());
    return answer_(request, attempt);
  }

  const Answer answer_;
  mutable absl::Mutex mutex_;
  int half_closed_ ABSL_GUARDED_BY(mutex_) = 0;
  std::vector<std::string> calls_ ABSL_GUARDED_BY(mutex_);
};

ScriptedServer::ScriptedServer(Answer answer)
    : service_(std::make_unique<Service>(std::move(answer))) {
  Start();
}

ScriptedServer::~ScriptedServer() { Stop(); }

void ScriptedServer::Start() {
  grpc::ServerBuilder builder;
  builder.AddListeningPort(address_.ToString(), grpc::InsecureServerCredentials(), &address_.port);
  builder.RegisterService(service_.get());
  server_ = builder.BuildAndStart();
  TALLY_CHECK(server_ != nullptr && address_.port != 0);
}

void ScriptedServer::Stop() {
  if (server_ == nullptr) return;
  server_->Shutdown(std::chrono::system_clock::now());
  server_->Wait();
  server_.reset();
}

int ScriptedServer::half_closed() const { return service_->half_closed(); }

std::vector<std::string> ScriptedServer::Calls() const { return service_->Calls(); }

}  // namespace tally::client
