#include "client/ops/ops_flags.h"

#include <cstdio>

#include "absl/flags/reflection.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "client/calls/utf8.h"
#include "client/flags.h"
#include "client/terminal/question.h"

namespace tally::client {

int ReadState(const google::protobuf::EnumDescriptor& type, base::Violations& problems) {
  const std::string wanted = absl::GetFlag(FLAGS_state);
  if (wanted.empty()) return 0;
  std::vector<std::string> names;
  for (int i = 1; i < type.value_count(); ++i) {
    const std::string& name = type.value(i)->name();
    names.push_back(absl::AsciiStrToLower(name.substr(name.find('_') + 1)));
    if (names.back() == wanted) return type.value(i)->number();
  }
  problems.Add("--state", absl::StrCat("must be one of ", absl::StrJoin(names, ", ")));
  return 0;
}

std::string ReadText(const absl::Flag<std::string>& flag, base::Violations& problems) {
  std::string text = absl::GetFlag(flag);
  if (!IsUtf8(text)) {
    problems.Add(absl::StrCat("--", absl::GetFlagReflectionHandle(flag).Name()), "must be UTF-8");
  }
  return text;
}

void CheckLimit(base::Violations& problems) {
  if (absl::GetFlag(FLAGS_limit) < 0) problems.Add("--limit", "must be 0 or more");
}

std::string ReadReason(base::Violations& problems) {
  std::string reason = ReadText(FLAGS_reason, problems);
  if (reason.empty()) problems.Add("--reason", "must say why, for people; it is kept");
  return reason;
}

std::vector<std::string> ReadEventIds(const Invocation& invocation) {
  for (const std::string& event_id : invocation.arguments) {
    if (!IsUtf8(event_id)) invocation.problems.Add("EVENT_ID", "must be UTF-8");
  }
  return invocation.arguments;
}

ExitCode Confirm(Invocation& invocation, const std::string& question) {
  if (absl::GetFlag(FLAGS_yes)) return ExitCode::kOk;
  switch (Ask(question)) {
    case Consent::kGiven:
      return ExitCode::kOk;
    case Consent::kRefused:
      std::fprintf(stderr, "Nothing was done.\n");
      return ExitCode::kRefused;
    case Consent::kNobodyToAsk:
      break;
  }
  invocation.problems.Add("--yes", "is needed where nobody can be asked: it cannot be undone");
  return ExitCode::kWrongUsage;
}

}  // namespace tally::client
