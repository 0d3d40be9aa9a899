#pragma once

#include "absl/strings/string_view.h"

namespace tally::fuzz {

// What reads bytes that come from outside, with what must be true whatever they are: an input that
// breaks it ends the process (TALLY_CHECK). The same input always does the same; nothing is kept
// from one to the next. The form of a target's inputs stands at the head of its source.
void ActivityRequests(absl::string_view input);
void Envelope(absl::string_view input);
void Healing(absl::string_view input);
void JetStream(absl::string_view input);
void OrderRequests(absl::string_view input);
void Payloads(absl::string_view input);
void RetailCsv(absl::string_view input);
void Settings(absl::string_view input);
void Tokens(absl::string_view input);
void WebTokens(absl::string_view input);

struct Target {
  const char* name;  // and the folder of its inputs in corpus/
  void (*run)(absl::string_view input);
};

inline constexpr Target kTargets[] = {
    {"activity_requests", &ActivityRequests},
    {"envelope", &Envelope},
    {"healing", &Healing},
    {"jetstream", &JetStream},
    {"order_requests", &OrderRequests},
    {"payloads", &Payloads},
    {"retail_csv", &RetailCsv},
    {"settings", &Settings},
    {"tokens", &Tokens},
    {"web_tokens", &WebTokens},
};

}  // namespace tally::fuzz
