#pragma once

#include <string>
#include <vector>

#include "common/bus/bus.h"
#include "common/db/database.h"
#include "common/ops/copy_watch.h"
#include "common/ops/payload_decoder.h"
#include "common/outbox/outbox.h"
#include "common/rpc/call.h"
#include "common/rpc/endpoint.h"
#include "common/rpc/executor.h"
#include "common/telemetry/telemetry.h"
#include "tally/ops/v1/outbox_service.grpc.pb.h"

namespace tally::ops {

// tally.ops.v1.OutboxService of a producer: shows its outbox from the tables, the same from each
// instance, and what this instance sees of the bus; gives operators' orders to the tables, where
// the relays find them. What a service adds is the types of its payloads. Everything passed in must
// outlive this; without `copies` nobody looks for copies of the database. Thread-safe.
class OutboxService final : public v1::OutboxService::CallbackService {
 public:
  OutboxService(PayloadDecoder decoder, outbox::Outbox& outbox, db::Database& database,
                bus::Bus& bus, rpc::Executor& executor, telemetry::Telemetry& telemetry,
                const CopyWatch* copies = nullptr);

  grpc::ServerUnaryReactor* GetOutboxStatus(grpc::CallbackServerContext* context,
                                            const v1::GetOutboxStatusRequest* request,
                                            v1::GetOutboxStatusResponse* response) override;
  grpc::ServerUnaryReactor* ListLanes(grpc::CallbackServerContext* context,
                                      const v1::ListLanesRequest* request,
                                      v1::ListLanesResponse* response) override;
  grpc::ServerUnaryReactor* ListParkedEvents(grpc::CallbackServerContext* context,
                                             const v1::ListParkedEventsRequest* request,
                                             v1::ListParkedEventsResponse* response) override;
  grpc::ServerUnaryReactor* RetryParkedEvents(grpc::CallbackServerContext* context,
                                              const v1::RetryParkedEventsRequest* request,
                                              v1::RetryParkedEventsResponse* response) override;
  grpc::ServerUnaryReactor* DiscardParkedEvents(grpc::CallbackServerContext* context,
                                                const v1::DiscardParkedEventsRequest* request,
                                                v1::DiscardParkedEventsResponse* response) override;

  // For the server that serves it.
  rpc::Endpoint& endpoint() { return endpoint_; }

 private:
  absl::Status Answer(rpc::Call& call, const v1::GetOutboxStatusRequest& request,
                      v1::GetOutboxStatusResponse& response);
  absl::Status Answer(rpc::Call& call, const v1::ListLanesRequest& request,
                      v1::ListLanesResponse& response);
  absl::Status AnswerById(rpc::Call& call, const v1::ListLanesRequest& request,
                          v1::ListLanesResponse& response);
  absl::Status Answer(rpc::Call& call, const v1::ListParkedEventsRequest& request,
                      v1::ListParkedEventsResponse& response);
  absl::Status Answer(rpc::Call& call, const v1::RetryParkedEventsRequest& request,
                      v1::RetryParkedEventsResponse& response);
  absl::Status Answer(rpc::Call& call, const v1::DiscardParkedEventsRequest& request,
                      v1::DiscardParkedEventsResponse& response);

  template <typename Request, typename Response>
  grpc::ServerUnaryReactor* Serve(const char* method, grpc::CallbackServerContext* context,
                                  const Request* request, Response* response);

  const PayloadDecoder decoder_;
  outbox::Outbox& outbox_;
  db::Database& database_;
  bus::Bus& bus_;
  rpc::Executor& executor_;
  telemetry::Log& log_;
  const CopyWatch* const copies_;
  rpc::Endpoint endpoint_;
};

}  // namespace tally::ops
