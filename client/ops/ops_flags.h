#pragma once

#include <string>
#include <vector>

#include <google/protobuf/descriptor.h>

#include "absl/flags/flag.h"
#include "client/command.h"

namespace tally::client {

// The value that --state names of an enum whose values are PREFIX_NAME, in lower case; 0 when it is
// not given, and a problem when it names none.
int ReadState(const google::protobuf::EnumDescriptor& type, base::Violations& problems);

// The value of a flag that holds text: UTF-8, or a problem.
std::string ReadText(const absl::Flag<std::string>& flag, base::Violations& problems);

// --limit of a list.
void CheckLimit(base::Violations& problems);

// --reason, which must be given.
std::string ReadReason(base::Violations& problems);

// The arguments: all UTF-8, or a problem.
std::vector<std::string> ReadEventIds(const Invocation& invocation);

// Asks before what cannot be undone, unless --yes. kOk: go on; otherwise the command is over.
ExitCode Confirm(Invocation& invocation, const std::string& question);

}  // namespace tally::client
