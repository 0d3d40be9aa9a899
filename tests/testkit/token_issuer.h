#pragma once

#include <memory>
#include <string>

#include <cjose/jwk.h>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/config/jwt_settings.h"
#include "tests/testkit/temp_dir.h"

namespace tally::testkit {

// Issues JSON Web Tokens with a key of its own, and says to servers how to check them. Not
// thread-safe.
class TokenIssuer {
 public:
  enum class Algorithm { kRs256, kEs256 };

  explicit TokenIssuer(Algorithm algorithm = Algorithm::kEs256, std::string key_id = "key");

  // A key set with this one key in a file that goes with this object.
  const config::JwtSettings& settings() const { return settings_; }

  // As JSON, without the private part.
  std::string PublicKey() const;

  // Replaces the file, at once for those who read it.
  void WriteKeySet(const std::string& json) const;

  // For `subject`, with `scopes` separated by spaces.
  std::string Issue(const std::string& subject, const std::string& scopes,
                    absl::Duration valid = absl::Hours(1)) const;

  // Any claims, as JSON, and any header fields besides `alg` and `kid`.
  std::string Sign(const std::string& claims, const std::string& header_field = "",
                   const std::string& header_value = "") const;

 private:
  const TempDir dir_;
  const Algorithm algorithm_;
  const std::string key_id_;
  const config::JwtSettings settings_ = {dir_.File("jwks.json"), "https://issuer.test",
                                         "tallystick"};
  const std::shared_ptr<cjose_jwk_t> key_;
};

}  // namespace tally::testkit
