#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <grpcpp/server.h>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "common/config/host_port.h"
#include "tally/orders/v1/order_service.grpc.pb.h"

namespace tally::client {

// As the answer to an item of PlaceOrders it ends the whole stream: UNAVAILABLE, come back in
// kComeBack.
grpc::Status EndOfStream();
inline constexpr absl::Duration kComeBack = absl::Milliseconds(300);

// An order service on a free port that answers each PlaceOrder, and each item of PlaceOrders, as
// the test says. Thread-safe.
class ScriptedServer {
 public:
  // `attempt` counts the calls with this request_id: 1, 2, …
  using Answer = std::function<grpc::Status(const orders::v1::PlaceOrderRequest&, int attempt)>;

  explicit ScriptedServer(Answer answer);
  ~ScriptedServer();

  const config::HostPort& address() const { return address_; }

  // Nobody listens from here to Start(), at the same address.
  void Stop();
  void Start();

  // PlaceOrders streams that the client has half-closed.
  int half_closed() const;

  // Calls and items by request_id, in order of arrival.
  std::vector<std::string> Calls() const;

 private:
  class Service;

  std::unique_ptr<Service> service_;
  config::HostPort address_{"127.0.0.1", 0};
  std::unique_ptr<grpc::Server> server_;
};

}  // namespace tally::client
