#pragma once

#include <memory>
#include <string>
#include <vector>

#include <cjose/jwk.h>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace tally::rpc {

// What a token says, if its signature is right; nothing of it has been compared with anything.
struct JwtClaims {
  std::string issuer;
  std::string subject;
  std::vector<std::string> audience;
  absl::Time expires = absl::InfinitePast();  // must be said
  absl::Time not_before = absl::InfinitePast();
  std::vector<std::string> scopes;
};

// The public keys of who issues tokens. Immutable and thread-safe.
//
// Sources: JSON Web Key (RFC 7517), Signature (RFC 7515) and Token (RFC 7519), claim `scope` as in
// RFC 8693 (or `scp`), best practices of RFC 8725: the key says which algorithm is right, not the
// token.
class JwtKeys {
 public:
  // Reads a JSON Web Key Set. Taken are RSA keys (RS256) and keys of curve P-256 (ES256), if they
  // are for signatures; others are left out. INVALID_ARGUMENT says, without showing any of it, what
  // is wrong: no key set, no key taken, or one of those that cannot be used, such as an RSA key not
  // of 2048 to 4096 bits.
  static absl::StatusOr<JwtKeys> Parse(absl::string_view json);

  // The claims of a compact token that one of the keys signed. UNAUTHENTICATED, made for callers,
  // says why it is not taken.
  absl::StatusOr<JwtClaims> Verify(const std::string& token) const;

  size_t size() const { return keys_.size(); }

 private:
  struct Key {
    std::string id;
    std::string algorithm;
    std::shared_ptr<cjose_jwk_t> material;
  };

  const Key* Find(const char* id) const;

  std::vector<Key> keys_;
};

}  // namespace tally::rpc
