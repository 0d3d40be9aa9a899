#include "common/rpc/page.h"

#include <algorithm>
#include <memory>

#include <openssl/sha.h>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"

namespace tally::rpc {
namespace {

constexpr int kPageSizeDefault = 50;
constexpr int kPageSizeMax = 1000;

std::string Digest(absl::string_view query) {
  unsigned char digest[SHA256_DIGEST_LENGTH];
  SHA256(reinterpret_cast<const unsigned char*>(query.data()), query.size(), digest);
  return absl::BytesToHexString(absl::string_view(reinterpret_cast<const char*>(digest), 8));
}

}  // namespace

std::string EncodePageToken(absl::string_view query, const std::vector<std::string>& place) {
  return absl::WebSafeBase64Escape(absl::StrCat(Digest(query), "\n", absl::StrJoin(place, "\n")));
}

absl::StatusOr<std::vector<std::string>> ParsePageToken(absl::string_view token,
                                                        absl::string_view query, size_t parts) {
  std::string text;
  std::vector<std::string> place;
  if (absl::WebSafeBase64Unescape(token, &text)) place = absl::StrSplit(text, '\n');
  if (place.size() != parts + 1 || place[0] != Digest(query)) {
    return absl::InvalidArgumentError(
        "must be the next_page_token of a call with the same filters");
  }
  place.erase(place.begin());
  return place;
}

std::string QueryOf(const google::protobuf::Message& request) {
  const std::unique_ptr<google::protobuf::Message> query(request.New());
  query->CopyFrom(request);
  for (const char* name : {"page_size", "page_token", "include_details"}) {
    const auto* field = query->GetDescriptor()->FindFieldByName(name);
    if (field != nullptr) query->GetReflection()->ClearField(query.get(), field);
  }
  return absl::StrCat(query->GetTypeName(), "\n", query->SerializeAsString());
}

int ReadPageSize(int page_size, base::Violations& violations) {
  if (page_size < 0) violations.Add("page_size", "must be 0 or more");
  return page_size == 0 ? kPageSizeDefault : std::min(page_size, kPageSizeMax);
}

}  // namespace tally::rpc
