#pragma once

#include <grpcpp/grpcpp.h>

#include <memory>
#include <string>

#include "common/base/clock.h"
#include "common/bus/nats_bus.h"
#include "common/db/database.h"
#include "common/ops/outbox_service.h"
#include "common/ops/privacy_service.h"
#include "common/outbox/outbox.h"
#include "common/rpc/executor.h"
#include "common/rpc/server.h"
#include "common/telemetry/telemetry.h"
#include "order_service/service/audit_service.h"
#include "order_service/service/order_archive.h"
#include "order_service/service/order_batch.h"
#include "order_service/service/order_service.h"
#include "order_service/store/order_eraser.h"
#include "order_service/store/order_store.h"

namespace tally::orders {

// An order_service in the test's process, behind gRPC on a free port, put together as its main
// does; and a client of it. No bus is there unless `nats_url` names one.
class Instance {
 public:
  explicit Instance(const std::string& database_url,
                    const std::string& nats_url = "nats://127.0.0.1:1",
                    OrderServiceOptions service = {}, size_t queue_commands_max = 8192,
                    const config::JwtSettings& jwt = {});
  ~Instance();

  v1::OrderService::Stub& stub() { return *stub_; }
  const std::shared_ptr<grpc::Channel>& channel() { return channel_; }
  db::Database& database() { return *database_; }
  OrderArchive& archive() { return archive_; }
  std::string Metrics() { return telemetry_.metrics.Serialize(); }

  // What main does at a signal.
  void StopServing() { server_->Shutdown(absl::Seconds(30)); }
  // What main does after it has stopped serving, while calls are under way or come late.
  void StopWriting() { outbox_->Shutdown(clock_.Now() + absl::Seconds(5)); }

 private:
  base::SystemClock clock_;
  telemetry::Telemetry telemetry_;
  std::unique_ptr<db::Database> database_;
  std::unique_ptr<bus::Bus> bus_;
  OrderStore store_;
  OrderBatch batch_;
  OrderArchive archive_;
  std::unique_ptr<outbox::Outbox> outbox_;
  rpc::Executor reads_;
  std::unique_ptr<OrderService> orders_;
  std::unique_ptr<ops::OutboxService> ops_;
  std::unique_ptr<AuditService> audit_;
  OrderEraser eraser_;
  ops::PrivacyService privacy_;
  std::unique_ptr<rpc::Server> server_;
  std::shared_ptr<grpc::Channel> channel_;
  std::unique_ptr<v1::OrderService::Stub> stub_;
};

}  // namespace tally::orders
