#include "common/db/postgres_conninfo.h"

#include <libpq-fe.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <memory>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"

namespace tally::db {
namespace {

struct OptionsDeleter {
  void operator()(PQconninfoOption* options) const { PQconninfoFree(options); }
};
using Options = std::unique_ptr<PQconninfoOption, OptionsDeleter>;

// libpq's message may quote the URL: it is taken only from a parse of the URL without user and
// password.
std::string WhatIsWrong(absl::string_view url) {
  const size_t at = url.rfind('@');
  const size_t host = url.find("://") + 3;
  const std::string bare = at == absl::string_view::npos || at < host
                               ? std::string(url)
                               : absl::StrCat(url.substr(0, host), url.substr(at + 1));
  char* message = nullptr;
  const Options options(PQconninfoParse(bare.c_str(), &message));
  const std::unique_ptr<char, void (*)(void*)> owned(message, &PQfreemem);
  if (message == nullptr) return "user and password must be percent-encoded";
  if (absl::StrContains(bare, "password"))
    return "see PostgreSQL's documentation of connection URIs";
  return std::string(absl::StripAsciiWhitespace(message));
}

}  // namespace

absl::StatusOr<std::string> ToConninfo(absl::string_view url, absl::Duration connect_timeout,
                                       absl::string_view application_name) {
  if (!absl::StartsWith(url, "postgresql://") && !absl::StartsWith(url, "postgres://")) {
    return absl::InvalidArgumentError(
        "the database is sqlite:PATH or postgresql://USER:PASSWORD@HOST:PORT/NAME");
  }
  const Options options(PQconninfoParse(std::string(url).c_str(), nullptr));
  if (options == nullptr) {
    return absl::InvalidArgumentError(
        absl::StrCat("the database's URL is malformed: ", WhatIsWrong(url)));
  }
  // libpq takes whole seconds, and one second as two.
  const int64_t connect_seconds =
      std::max<int64_t>(2, absl::ToInt64Seconds(absl::Ceil(connect_timeout, absl::Seconds(1))));
  std::map<std::string, std::string> settings = {
      {"connect_timeout", absl::StrCat(connect_seconds)},
      {"application_name", std::string(application_name)},
      {"client_encoding", "UTF8"},
      {"target_session_attrs", "read-write"},
      {"keepalives", "1"},
      {"keepalives_idle", "2"},
      {"keepalives_interval", "1"},
      {"keepalives_count", "2"},
      {"tcp_user_timeout", "4000"},
  };
  for (const PQconninfoOption* option = options.get(); option->keyword != nullptr; ++option) {
    if (option->val != nullptr) settings[option->keyword] = option->val;
  }
  std::string conninfo;
  for (const auto& [keyword, value] : settings) {
    absl::StrAppend(&conninfo, keyword, "='",
                    absl::StrReplaceAll(value, {{"\\", "\\\\"}, {"'", "\\'"}}), "' ");
  }
  return conninfo;
}

}  // namespace tally::db
