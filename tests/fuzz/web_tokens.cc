// What strangers send in place of a JSON Web Token, and what stands in a file of keys. An input is
// tried as a whole token, as a token's header, as the claims of a token that is signed well, and as
// a key set.

#include <string>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "common/base/check.h"
#include "common/rpc/jwt.h"
#include "tests/fuzz/targets.h"
#include "tests/testkit/token_issuer.h"

namespace tally::fuzz {
namespace {

using testkit::TokenIssuer;

struct Issuer {
  const TokenIssuer first{TokenIssuer::Algorithm::kEs256, "first"};
  const TokenIssuer second{TokenIssuer::Algorithm::kRs256, "second"};
  const rpc::JwtKeys keys = rpc::JwtKeys::Parse(absl::StrCat(R"({"keys":[)", first.PublicKey(), ",",
                                                             second.PublicKey(), "]}"))
                                .value();
  const std::string token = first.Sign(R"({"sub":"ada","exp":1})");
};

// Nobody guesses a signature.
void CheckRefused(const rpc::JwtKeys& keys, const std::string& token) {
  TALLY_CHECK(absl::IsUnauthenticated(keys.Verify(token).status()));
}

void CheckClaims(const Issuer& issuer, const std::string& text) {
  const absl::StatusOr<rpc::JwtClaims> claims = issuer.keys.Verify(issuer.first.Sign(text));
  if (!claims.ok()) {
    TALLY_CHECK(absl::IsUnauthenticated(claims.status()));
    return;
  }
  TALLY_CHECK(!claims->subject.empty() && claims->subject.size() <= 255);
  TALLY_CHECK(claims->expires >= absl::UnixEpoch() && claims->expires < absl::InfiniteFuture());
  for (const std::string& scope : claims->scopes) {
    TALLY_CHECK(!scope.empty() && scope.find(' ') == std::string::npos);
  }
}

void CheckKeySet(const Issuer& issuer, const std::string& text) {
  const absl::StatusOr<rpc::JwtKeys> keys = rpc::JwtKeys::Parse(text);
  if (!keys.ok()) {
    TALLY_CHECK(absl::IsInvalidArgument(keys.status()));
    return;
  }
  TALLY_CHECK(keys->size() >= 1 && keys->size() <= 100);
  CheckRefused(*keys, issuer.token);
}

}  // namespace

void WebTokens(absl::string_view input) {
  static const Issuer& issuer = *new Issuer;
  const std::string text(input);
  CheckRefused(issuer.keys, text);
  const std::string with_header =
      absl::StrCat(absl::WebSafeBase64Escape(text), issuer.token.substr(issuer.token.find('.')));
  if (with_header != issuer.token) CheckRefused(issuer.keys, with_header);
  CheckClaims(issuer, text);
  CheckKeySet(issuer, text);
}

}  // namespace tally::fuzz
