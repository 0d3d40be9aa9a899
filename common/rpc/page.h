#pragma once

#include <string>
#include <vector>

#include <google/protobuf/message.h>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/base/violations.h"

namespace tally::rpc {

// Pages as AIP-158 has them. A token names the place behind which the next page begins, in parts of
// the caller's choice, and is bound to the query it was made for.

// `query` is any text that differs where lists differ; parts hold no line ends.
std::string EncodePageToken(absl::string_view query, const std::vector<std::string>& place);

// The parts of the place. INVALID_ARGUMENT when the text is no token of this query with so many
// parts.
absl::StatusOr<std::vector<std::string>> ParsePageToken(absl::string_view token,
                                                        absl::string_view query, size_t parts);

// A list request as its query: all of it but page_size, page_token and include_details.
std::string QueryOf(const google::protobuf::Message& request);

// How many entries the page has: 50 for 0, at most 1,000; less than 0 is a violation.
int ReadPageSize(int page_size, base::Violations& violations);

}  // namespace tally::rpc
