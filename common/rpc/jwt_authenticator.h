#pragma once

#include <memory>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "common/base/violations.h"
#include "common/config/jwt_settings.h"
#include "common/rpc/authenticator.h"
#include "common/rpc/followed_files.h"
#include "common/rpc/jwt.h"
#include "common/telemetry/telemetry.h"

namespace tally::rpc {

// The keys in the file that is named; none is named: none. Adds a problem under --jwt_keys for a
// file that cannot be read or is no key set.
std::shared_ptr<const JwtKeys> ReadJwtKeys(const config::JwtSettings& settings,
                                           base::Violations& problems);

// Takes calls with a JSON Web Token, `authorization: Bearer TOKEN`, of the issuer, for the
// audience, that is valid now; thirty seconds that clocks may differ are granted. A caller's name
// is the claim `sub`.
//
// The file of keys is followed as it changes, like ServerCertificates; a key that is gone from it
// opens nothing any more within a second. A token that was taken is remembered until it expires:
// checking a signature costs about what an order costs.
class JwtAuthenticator final : public Authenticator {
 public:
  // INVALID_ARGUMENT says what is wrong with the file. Telemetry must outlive it.
  static absl::StatusOr<std::unique_ptr<JwtAuthenticator>> Open(const config::JwtSettings& settings,
                                                                telemetry::Telemetry& telemetry);

  absl::StatusOr<std::shared_ptr<const Caller>> Authenticate(
      const grpc::CallbackServerContext& context) const override;

 private:
  struct Accepted {
    std::shared_ptr<const Caller> caller;
    absl::Time expires;
  };

  JwtAuthenticator(const config::JwtSettings& settings, telemetry::Telemetry& telemetry)
      : settings_(settings), telemetry_(telemetry) {}
  absl::Status Read();
  absl::StatusOr<std::shared_ptr<const Caller>> Find(const std::string& token) const;
  absl::StatusOr<Accepted> Check(const JwtKeys& keys, const std::string& token,
                                 absl::Time now) const;
  void Remember(const std::string& token, const Accepted& accepted, absl::Time now) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const config::JwtSettings settings_;
  telemetry::Telemetry& telemetry_;
  std::string content_;  // of the file, as last taken
  mutable absl::Mutex mutex_;
  std::shared_ptr<const JwtKeys> keys_ ABSL_GUARDED_BY(mutex_);
  mutable absl::flat_hash_map<std::string, Accepted> accepted_ ABSL_GUARDED_BY(mutex_);
  std::unique_ptr<FollowedFiles> followed_;
};

}  // namespace tally::rpc
