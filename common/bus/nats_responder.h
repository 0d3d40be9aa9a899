#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "common/bus/bus.h"
#include "common/bus/mailbox.h"
#include "common/bus/nats_connection.h"
#include "common/bus/nats_handles.h"

namespace tally::bus {

// Listens on one subject, as a member of a group or alone; on each new link anew, whenever Take is
// called.
class NatsResponder final : public Responder {
 public:
  NatsResponder(NatsConnection& connection, ResponderOptions options);
  ~NatsResponder() override;

  std::vector<Question> Take(size_t max) override;
  absl::Status Answer(const Question& question, const std::string& body) override;

 private:
  void UseCurrentLink();

  NatsConnection& connection_;
  const ResponderOptions options_;
  std::unique_ptr<Mailbox> mailbox_;  // of the link in use; null: none
  std::vector<NatsMsgPtr> arrived_;   // kept for its capacity
  std::vector<Question> waiting_;     // taken from the mailbox, not handed out yet; oldest first
  int64_t listener_;
};

}  // namespace tally::bus
