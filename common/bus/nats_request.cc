#include "common/bus/nats_request.h"

#include <algorithm>
#include <memory>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/base/status_macros.h"
#include "common/bus/nats_handles.h"

namespace tally::bus {

absl::StatusOr<std::string> Request(const NatsConnection& connection, const std::string& subject,
                                    const std::string& body, absl::Time deadline) {
  const std::shared_ptr<NatsLink> link = connection.link();
  if (link == nullptr) return absl::UnavailableError("message bus: not connected");
  natsMsg* raw = nullptr;
  const int64_t timeout_ms =
      std::max<int64_t>(1, absl::ToInt64Milliseconds(deadline - absl::Now()));
  const natsStatus status = natsConnection_Request(&raw, link->get(), subject.c_str(), body.data(),
                                                   static_cast<int>(body.size()), timeout_ms);
  const NatsMsgPtr answer(raw);
  if (status == NATS_NO_RESPONDERS) {
    return absl::UnavailableError(absl::StrCat(subject, ": nobody listens"));
  }
  if (status == NATS_TIMEOUT) return absl::UnavailableError(absl::StrCat(subject, ": no answer"));
  if (status == NATS_MAX_PAYLOAD) {
    return absl::InvalidArgumentError(absl::StrCat(subject, ": a request of ", body.size(),
                                                   " bytes is larger than the bus takes"));
  }
  RETURN_IF_ERROR(ToStatus(status, subject));
  return std::string(natsMsg_GetData(raw), static_cast<size_t>(natsMsg_GetDataLength(raw)));
}

}  // namespace tally::bus
