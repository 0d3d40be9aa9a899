#include "tests/unit/client/calls/scripted_server.h"

#include <grpcpp/security/server_credentials.h>
#include <grpcpp/server_builder.h>

#include <algorithm>
#include <utility>

#include "absl/time/clock.h"
#include "common/base/check.h"

namespace tally::client {

class ScriptedServer::Service final : public orders::v1::OrderService::Service {
 public:
  explicit Service(Answer answer) : answer_(std::move(answer)) {}

  grpc::Status PlaceOrder(grpc::ServerContext*, const orders::v1::PlaceOrderRequest* request,
                          orders::v1::PlaceOrderResponse* response) override {
    int attempt = 0;
    {
      absl::MutexLock lock(&mutex_);
      calls_.push_back(request->request_id());
      attempt = static_cast<int>(std::count(calls_.begin(), calls_.end(), request->request_id()));
    }
    response->mutable_order()->set_order_id("order of " + request->request_id());
    return answer_(*request, attempt);
  }

  std::vector<std::string> Calls() const {
    absl::MutexLock lock(&mutex_);
    return calls_;
  }

 private:
  const Answer answer_;
  mutable absl::Mutex mutex_;
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

std::vector<std::string> ScriptedServer::Calls() const { return service_->Calls(); }

}  // namespace tally::client
