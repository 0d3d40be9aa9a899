#pragma once

#include <vector>

#include "client/command.h"

namespace tally::client {

// `tally ops …`: what operators do with tally.ops.v1.
std::vector<Command> OpsCommands();

// Each blocks until its work is done.
ExitCode RunOps(Invocation& invocation);
ExitCode RunOutboxStatus(Invocation& invocation);
ExitCode RunOutboxLanes(Invocation& invocation);
ExitCode RunOutboxParked(Invocation& invocation);
ExitCode RunOutboxRetry(Invocation& invocation);
ExitCode RunOutboxDiscard(Invocation& invocation);
ExitCode RunInboxStatus(Invocation& invocation);
ExitCode RunInboxWatermarks(Invocation& invocation);
ExitCode RunInboxMissing(Invocation& invocation);
ExitCode RunInboxAccept(Invocation& invocation);
ExitCode RunInboxAdopt(Invocation& invocation);
ExitCode RunInboxLetters(Invocation& invocation);
ExitCode RunInboxRedrive(Invocation& invocation);
ExitCode RunInboxDiscard(Invocation& invocation);

}  // namespace tally::client
