#pragma once

#include "client/command.h"

namespace tally::client {

// Each blocks until its work is done.
ExitCode RunPlace(Invocation& invocation);
ExitCode RunGet(Invocation& invocation);
ExitCode RunCancel(Invocation& invocation);
ExitCode RunList(Invocation& invocation);
ExitCode RunActivity(Invocation& invocation);
ExitCode RunWatch(Invocation& invocation);
ExitCode RunImport(Invocation& invocation);
ExitCode RunLoad(Invocation& invocation);
ExitCode RunProvision(Invocation& invocation);
ExitCode RunErase(Invocation& invocation);
ExitCode RunAudit(Invocation& invocation);

}  // namespace tally::client
