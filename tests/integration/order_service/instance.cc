#include "tests/integration/order_service/instance.h"

#include "common/base/check.h"
#include "order_service/service/erasure.h"
#include "tally/events/v1/order_events.pb.h"

namespace tally::orders {

Instance::Instance(const std::string& database_url, const std::string& nats_url,
                   OrderServiceOptions service, size_t queue_commands_max,
                   const config::JwtSettings& jwt)
    : telemetry_(telemetry::LogFormat::kText, telemetry::LogLevel::kError, "test"),
      database_(db::Database::Open({.url = database_url}, clock_, telemetry_).value()),
      bus_(bus::NewNatsBus({.urls = {nats_url}, .name = "test"}, telemetry_).value()),
      batch_(store_),
      archive_(store_, *database_),
      reads_({.name = "reads"}, telemetry_),
      eraser_(*database_),
      privacy_(
          [this](const auto& request, absl::Time deadline, auto& response) {
            return EraseCustomer(eraser_, request, deadline, response);
          },
          reads_, telemetry_) {
  TALLY_CHECK(outbox::Outbox::Migrate(*database_).ok());
  TALLY_CHECK(OrderStore::Migrate(*database_).ok());
  outbox::OutboxOptions options;
  options.source = "order_service";
  options.instance = "test";
  options.queue_commands_max = queue_commands_max;
  options.writers = 2;  // on PostgreSQL
  options.stream = {.name = "ORDERS", .subjects = {"orders.v1.>"}};
  outbox_ = std::make_unique<outbox::Outbox>(options, *database_, *bus_, batch_, clock_, telemetry_,
                                             &archive_);
  orders_ = std::make_unique<OrderService>(service, *outbox_, *database_, store_, reads_, clock_,
                                           telemetry_);
  ops_ = std::make_unique<ops::OutboxService>(
      ops::PayloadDecoder({events::v1::OrderCreated::descriptor()}), *outbox_, *database_, *bus_,
      reads_, telemetry_);
  audit_ = std::make_unique<AuditService>(*database_, reads_, telemetry_);
  outbox_->Start();
  server_ =
      rpc::Server::Start({.listen = {"127.0.0.1", 0}, .jwt = jwt},
                         {{*orders_, [this] { orders_->EndStreams(); }}, *audit_, *ops_, privacy_},
                         telemetry_)
          .value();
  channel_ = grpc::CreateChannel(server_->address().ToString(), grpc::InsecureChannelCredentials());
  stub_ = v1::OrderService::NewStub(channel_);
}

Instance::~Instance() {
  server_->Shutdown(absl::Seconds(5));
  outbox_->Shutdown(clock_.Now() + absl::Seconds(5));
}

}  // namespace tally::orders
