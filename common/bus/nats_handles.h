#pragma once

#include <nats/nats.h>

#include <memory>

namespace tally::bus {

// Owners of nats.c's objects. A subscription is owned by Mailbox, a connection by NatsLink: both
// need more than a deleter.
struct NatsDeleter {
  void operator()(natsMsg* message) const { natsMsg_Destroy(message); }
  void operator()(natsOptions* options) const { natsOptions_Destroy(options); }
  void operator()(natsInbox* inbox) const { natsInbox_Destroy(inbox); }
};

using NatsMsgPtr = std::unique_ptr<natsMsg, NatsDeleter>;
using NatsOptionsPtr = std::unique_ptr<natsOptions, NatsDeleter>;
using NatsInboxPtr = std::unique_ptr<natsInbox, NatsDeleter>;

}  // namespace tally::bus
