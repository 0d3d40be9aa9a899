#pragma once

#include <functional>
#include <string>

#include "common/base/clock.h"
#include "common/bus/bus.h"
#include "common/db/database.h"
#include "common/inbox/healing_store.h"
#include "common/inbox/inbox_catalog.h"
#include "common/inbox/letter_desk.h"
#include "common/inbox/subscription.h"
#include "common/ops/copy_watch.h"
#include "common/ops/payload_decoder.h"
#include "common/rpc/call.h"
#include "common/rpc/endpoint.h"
#include "common/rpc/executor.h"
#include "common/telemetry/telemetry.h"
#include "tally/ops/v1/inbox_service.grpc.pb.h"

namespace tally::ops {

// tally.ops.v1.InboxService of a consumer: shows its inbox from the tables, the same from each
// instance, and what this instance sees of the bus; gives operators' orders to the tables, where
// the consumers find them. What a service adds is the types of its payloads. Everything passed in
// must outlive this. Thread-safe.
class InboxService final : public v1::InboxService::CallbackService {
 public:
  InboxService(PayloadDecoder decoder, inbox::Subscription& subscription, bus::Bus& bus,
               rpc::Executor& executor, base::Clock& clock, telemetry::Telemetry& telemetry,
               const CopyWatch* copies = nullptr);

  grpc::ServerUnaryReactor* GetInboxStatus(grpc::CallbackServerContext* context,
                                           const v1::GetInboxStatusRequest* request,
                                           v1::GetInboxStatusResponse* response) override;
  grpc::ServerUnaryReactor* ListWatermarks(grpc::CallbackServerContext* context,
                                           const v1::ListWatermarksRequest* request,
                                           v1::ListWatermarksResponse* response) override;
  grpc::ServerUnaryReactor* ListMissingRanges(grpc::CallbackServerContext* context,
                                              const v1::ListMissingRangesRequest* request,
                                              v1::ListMissingRangesResponse* response) override;
  grpc::ServerUnaryReactor* AcceptRange(grpc::CallbackServerContext* context,
                                        const v1::AcceptRangeRequest* request,
                                        v1::AcceptRangeResponse* response) override;
  grpc::ServerUnaryReactor* AdoptSource(grpc::CallbackServerContext* context,
                                        const v1::AdoptSourceRequest* request,
                                        v1::AdoptSourceResponse* response) override;
  grpc::ServerUnaryReactor* ListLetters(grpc::CallbackServerContext* context,
                                        const v1::ListLettersRequest* request,
                                        v1::ListLettersResponse* response) override;
  grpc::ServerUnaryReactor* RedriveLetters(grpc::CallbackServerContext* context,
                                           const v1::RedriveLettersRequest* request,
                                           v1::RedriveLettersResponse* response) override;
  grpc::ServerUnaryReactor* DiscardLetters(grpc::CallbackServerContext* context,
                                           const v1::DiscardLettersRequest* request,
                                           v1::DiscardLettersResponse* response) override;

  // For the server that serves it.
  rpc::Endpoint& endpoint() { return endpoint_; }

 private:
  absl::Status Answer(rpc::Call& call, const v1::GetInboxStatusRequest& request,
                      v1::GetInboxStatusResponse& response);
  absl::Status Answer(rpc::Call& call, const v1::ListWatermarksRequest& request,
                      v1::ListWatermarksResponse& response);
  absl::Status Answer(rpc::Call& call, const v1::ListMissingRangesRequest& request,
                      v1::ListMissingRangesResponse& response);
  absl::Status Answer(rpc::Call& call, const v1::AcceptRangeRequest& request,
                      v1::AcceptRangeResponse& response);
  absl::Status Answer(rpc::Call& call, const v1::AdoptSourceRequest& request,
                      v1::AdoptSourceResponse& response);
  absl::Status Answer(rpc::Call& call, const v1::ListLettersRequest& request,
                      v1::ListLettersResponse& response);
  absl::Status Answer(rpc::Call& call, const v1::RedriveLettersRequest& request,
                      v1::RedriveLettersResponse& response);
  absl::Status Answer(rpc::Call& call, const v1::DiscardLettersRequest& request,
                      v1::DiscardLettersResponse& response);

  template <typename Request, typename Response>
  grpc::ServerUnaryReactor* Serve(const char* method, grpc::CallbackServerContext* context,
                                  const Request* request, Response* response);
  absl::Status FillHealing(absl::Time deadline, v1::GetInboxStatusResponse& response);
  void AskBus(v1::GetInboxStatusResponse& response);

  const PayloadDecoder decoder_;
  inbox::Subscription& subscription_;
  db::Database& database_;
  bus::Bus& bus_;
  rpc::Executor& executor_;
  base::Clock& clock_;
  const absl::Time started_ = clock_.Now();
  telemetry::Log& log_;
  inbox::InboxCatalog catalog_;
  inbox::LetterDesk letters_;
  inbox::HealingStore& healing_;
  const CopyWatch* const copies_;
  rpc::Endpoint endpoint_;
};

}  // namespace tally::ops
