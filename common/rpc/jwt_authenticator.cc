#include "common/rpc/jwt_authenticator.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/memory/memory.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/base/status_macros.h"
#include "common/config/setting.h"
#include "common/rpc/error_details.h"
#include "common/rpc/errors.h"

namespace tally::rpc {
namespace {

constexpr absl::Duration kClockTolerance = absl::Seconds(30);
constexpr size_t kRememberedMax = 4096;
constexpr absl::string_view kScheme = "Bearer ";

// Empty if the call came without one, or with more than one.
std::string TokenOf(const grpc::CallbackServerContext& context) {
  const auto [first, last] = context.client_metadata().equal_range("authorization");
  if (first == last || std::next(first) != last) return "";
  const absl::string_view value(first->second.data(), first->second.size());
  return absl::StartsWithIgnoreCase(value, kScheme) ? std::string(value.substr(kScheme.size()))
                                                    : "";
}

absl::Status Unauthenticated(absl::string_view reason, absl::string_view message) {
  return Error(absl::StatusCode::kUnauthenticated, reason, message);
}

absl::StatusOr<JwtKeys> ParseFile(const std::string& path,
                                  const std::optional<std::string>& content) {
  // TALLY_JWT_KEYS_FILE was given.
  if (absl::StrContains(path, '{')) {
    return absl::InvalidArgumentError("must be the path of a file, not what it holds");
  }
  if (!content.has_value()) {
    return absl::InvalidArgumentError(
        absl::StrCat(path, " cannot be read, or is larger than 64 KiB"));
  }
  absl::StatusOr<JwtKeys> keys = JwtKeys::Parse(*content);
  if (keys.ok()) return keys;
  return absl::InvalidArgumentError(absl::StrCat(path, " ", keys.status().message()));
}

}  // namespace

std::shared_ptr<const JwtKeys> ReadJwtKeys(const config::JwtSettings& settings,
                                           base::Violations& problems) {
  if (settings.keys.empty()) return nullptr;
  absl::StatusOr<JwtKeys> keys = ParseFile(settings.keys, config::ReadSettingFile(settings.keys));
  if (keys.ok()) return std::make_shared<const JwtKeys>(*std::move(keys));
  problems.Add("--jwt_keys", std::string(keys.status().message()));
  return nullptr;
}

absl::StatusOr<std::unique_ptr<JwtAuthenticator>> JwtAuthenticator::Open(
    const config::JwtSettings& settings, telemetry::Telemetry& telemetry) {
  auto opened = absl::WrapUnique(new JwtAuthenticator(settings, telemetry));
  RETURN_IF_ERROR(opened->Read());
  opened->followed_ = std::make_unique<FollowedFiles>(
      FollowedFilesOptions{
          .thread = "jwt_keys",
          .what = "keys of tokens",
          .gauge = "tally_jwt_keys_refused",
          .help = "1 while the file of --jwt_keys is wrong, and older keys count."},
      [own = opened.get()] { return own->Read(); }, telemetry);
  return opened;
}

absl::Status JwtAuthenticator::Read() {
  std::optional<std::string> content = config::ReadSettingFile(settings_.keys);
  if (content.has_value() && content == content_) return absl::OkStatus();
  ASSIGN_OR_RETURN(JwtKeys keys, ParseFile(settings_.keys, content));
  content_ = *std::move(content);
  telemetry_.log.Info("keys of tokens read",
                      {{"file", settings_.keys}, {"keys", static_cast<int64_t>(keys.size())}});
  absl::MutexLock lock(&mutex_);
  keys_ = std::make_shared<const JwtKeys>(std::move(keys));
  accepted_.clear();
  return absl::OkStatus();
}

absl::StatusOr<std::shared_ptr<const Caller>> JwtAuthenticator::Authenticate(
    const grpc::CallbackServerContext& context) const {
  auto caller = Find(TokenOf(context));
  if (!caller.ok()) {
    telemetry_.metrics
        .AddCounter("tally_jwt_refused_total", "Calls refused because of their token, or without.",
                    {{"reason", DetailsOf(caller.status()).reason}})
        .Increment();
  }
  return caller;
}

absl::StatusOr<std::shared_ptr<const Caller>> JwtAuthenticator::Find(
    const std::string& token) const {
  if (token.empty()) {
    return Unauthenticated("TOKEN_MISSING", "this server asks for `authorization: Bearer TOKEN`");
  }
  const absl::Time now = absl::Now();
  std::shared_ptr<const JwtKeys> keys;
  {
    absl::ReaderMutexLock lock(&mutex_);
    const auto known = accepted_.find(token);
    if (known != accepted_.end() && now < known->second.expires) return known->second.caller;
    keys = keys_;
  }
  ASSIGN_OR_RETURN(Accepted accepted, Check(*keys, token, now));
  absl::MutexLock lock(&mutex_);
  if (keys == keys_) Remember(token, accepted, now);
  return std::move(accepted.caller);
}

absl::StatusOr<JwtAuthenticator::Accepted> JwtAuthenticator::Check(const JwtKeys& keys,
                                                                   const std::string& token,
                                                                   absl::Time now) const {
  ASSIGN_OR_RETURN(JwtClaims claims, keys.Verify(token));
  const absl::Time expires = claims.expires + kClockTolerance;
  if (now >= expires) return Unauthenticated("TOKEN_EXPIRED", "the token has expired (exp)");
  if (now < claims.not_before - kClockTolerance) {
    return Unauthenticated("TOKEN_INVALID", "the token is not taken: it is not valid yet (nbf)");
  }
  if (claims.issuer != settings_.issuer) {
    return Unauthenticated("TOKEN_INVALID", "the token is not taken: another issued it (iss)");
  }
  if (std::find(claims.audience.begin(), claims.audience.end(), settings_.audience) ==
      claims.audience.end()) {
    return Unauthenticated("TOKEN_INVALID", "the token is not taken: it is for others (aud)");
  }
  auto caller = std::make_shared<Caller>();
  caller->name = std::move(claims.subject);
  caller->scopes.insert(claims.scopes.begin(), claims.scopes.end());
  return Accepted{std::move(caller), expires};
}

// Holders of valid tokens alone come here. Where there are very many, all are checked anew now and
// then.
void JwtAuthenticator::Remember(const std::string& token, const Accepted& accepted,
                                absl::Time now) const {
  if (accepted_.size() >= kRememberedMax) {
    absl::erase_if(accepted_, [now](const auto& entry) { return entry.second.expires <= now; });
  }
  if (accepted_.size() >= kRememberedMax) accepted_.clear();
  accepted_.insert_or_assign(token, accepted);
}

}  // namespace tally::rpc
