#include "client/terminal/question.h"

#include <cstdio>
#include <iostream>

#include <unistd.h>

#include "absl/strings/ascii.h"

namespace tally::client {

Consent Ask(const std::string& question) {
  if (isatty(STDIN_FILENO) == 0) return Consent::kNobodyToAsk;
  std::fprintf(stderr, "%s [y/N] ", question.c_str());
  std::string answer;
  std::getline(std::cin, answer);
  answer = absl::AsciiStrToLower(absl::StripAsciiWhitespace(answer));
  return answer == "y" || answer == "yes" ? Consent::kGiven : Consent::kRefused;
}

}  // namespace tally::client
