#pragma once

#include <memory>
#include <vector>

#include <grpcpp/channel.h>
#include <grpcpp/completion_queue.h>

#include "client/calls/placement_window.h"
#include "tally/orders/v1/order_service.grpc.pb.h"

namespace tally::client {

// Each order is a PlaceOrder call of its own.
class UnaryWindow final : public PlacementWindow {
 public:
  UnaryWindow(const std::shared_ptr<grpc::Channel>& channel, const Options& options,
              OnDone on_done);
  ~UnaryWindow() override;

 private:
  struct Call;

  void Send(Placement& order) override;
  void Poll(absl::Duration until) override;

  const std::unique_ptr<orders::v1::OrderService::Stub> stub_;
  grpc::CompletionQueue queue_;
  std::vector<std::unique_ptr<Call>> calls_;  // all ever made
  std::vector<Call*> idle_;
};

}  // namespace tally::client
