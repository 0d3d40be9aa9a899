#include "common/rpc/jwt.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "tests/testkit/status_matchers.h"
#include "tests/testkit/token_issuer.h"

namespace tally::rpc {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testkit::StatusIs;
using testkit::TokenIssuer;
using Algorithm = TokenIssuer::Algorithm;

constexpr char kClaims[] =
    R"({"iss":"who","sub":"ada","aud":["here","there"],"exp":2000000000,"nbf":1.5,"scope":"a b"})";

std::string SetOf(const std::vector<std::string>& keys) {
  return absl::StrCat(R"({"keys":[)", absl::StrJoin(keys, ","), "]}");
}

JwtKeys KeysOf(const TokenIssuer& issuer) {
  return JwtKeys::Parse(SetOf({issuer.PublicKey()})).value();
}

// A key with a field changed; a null takes it out.
std::string With(const std::string& key, const std::string& field, const nlohmann::json& value) {
  nlohmann::json changed = nlohmann::json::parse(key);
  if (value.is_null()) {
    changed.erase(field);
  } else {
    changed[field] = value;
  }
  return changed.dump();
}

// A token whose header is another, with the signature as it was.
std::string WithHeader(const std::string& token, const std::string& header) {
  return absl::StrCat(absl::WebSafeBase64Escape(header), token.substr(token.find('.')));
}

MATCHER_P(IsRefused, why, "") {
  return testing::ExplainMatchResult(StatusIs(absl::StatusCode::kUnauthenticated, HasSubstr(why)),
                                     arg, result_listener);
}

class JwtTest : public testing::TestWithParam<Algorithm> {
 protected:
  const TokenIssuer issuer_{GetParam()};
  const JwtKeys keys_ = KeysOf(issuer_);
};
INSTANTIATE_TEST_SUITE_P(, JwtTest, testing::Values(Algorithm::kRs256, Algorithm::kEs256),
                         [](const auto& algorithm) {
                           return algorithm.param == Algorithm::kRs256 ? "RS256" : "ES256";
                         });

TEST_P(JwtTest, TellsTheClaimsOfATokenThatTheKeySigned) {
  ASSERT_OK_AND_ASSIGN(const JwtClaims claims, keys_.Verify(issuer_.Sign(kClaims)));
  EXPECT_EQ(claims.issuer, "who");
  EXPECT_EQ(claims.subject, "ada");
  EXPECT_THAT(claims.audience, ElementsAre("here", "there"));
  EXPECT_EQ(claims.expires, absl::FromUnixSeconds(2'000'000'000));
  EXPECT_EQ(claims.not_before, absl::FromUnixMillis(1'500));
  EXPECT_THAT(claims.scopes, ElementsAre("a", "b"));
}

TEST_P(JwtTest, RefusesWhatAnotherKeySignedUnderItsName) {
  EXPECT_THAT(keys_.Verify(TokenIssuer(GetParam()).Sign(kClaims)),
              IsRefused("its signature is wrong"));
}

TEST_P(JwtTest, RefusesATokenInWhichAnythingWasChanged) {
  const std::string token = issuer_.Sign(kClaims);
  const std::vector<std::string> parts = absl::StrSplit(token, '.');
  const std::string others = absl::WebSafeBase64Escape(
      R"({"iss":"who","sub":"eve","aud":"here","exp":2000000000,"scope":"a b"})");
  EXPECT_THAT(keys_.Verify(absl::StrCat(parts[0], ".", others, ".", parts[2])),
              IsRefused("its signature is wrong"));
  EXPECT_THAT(keys_.Verify(absl::StrCat(parts[0], ".", parts[1], ".")), Not(testkit::IsOk()));
  EXPECT_THAT(keys_.Verify(absl::StrCat(parts[0], ".", parts[1])),
              IsRefused("no signed JSON Web Token"));
  EXPECT_THAT(keys_.Verify(absl::StrCat(token, ".", parts[2])),
              IsRefused("no signed JSON Web Token"));
  for (const std::string nonsense : {"", ".", "..", "a.b.c", "....."}) {
    EXPECT_THAT(keys_.Verify(nonsense), IsRefused("no signed JSON Web Token")) << nonsense;
  }
  EXPECT_THAT(keys_.Verify(std::string(9'000, 'a')), IsRefused("longer than 8192 bytes"));
}

// cjose ends the process at some of these.
TEST_P(JwtTest, RefusesWhatIsNoBase64) {
  const std::string token = issuer_.Sign(kClaims);
  const std::vector<std::string> parts = absl::StrSplit(token, '.');
  EXPECT_THAT(keys_.Verify(token + "="), IsRefused("no signed JSON Web Token"));
  EXPECT_THAT(keys_.Verify(token + "+/"), IsRefused("no signed JSON Web Token"));
  for (const std::string wrong : {"A=", "A==", "A", "AAAAA", "AA==", "A A", "A\n", "", "\xff"}) {
    for (size_t part = 0; part < parts.size(); ++part) {
      std::vector<std::string> changed = parts;
      changed[part] = wrong;
      EXPECT_THAT(keys_.Verify(absl::StrJoin(changed, ".")), IsRefused("no signed JSON Web Token"))
          << part << " " << wrong;
    }
  }
}

TEST_P(JwtTest, TakesScopesAsSeveralIssuersWriteThem) {
  for (const std::string scopes :
       {R"("scope":" a  b ")", R"("scope":["a","b",5])", R"("scp":"a b")", R"("scp":["a","b"])",
        R"("scope":"a","scp":"b")"}) {
    ASSERT_OK_AND_ASSIGN(
        const JwtClaims claims,
        keys_.Verify(issuer_.Sign(absl::StrCat(R"({"sub":"ada","exp":1,)", scopes, "}"))));
    EXPECT_THAT(claims.scopes, ElementsAre("a", "b")) << scopes;
  }
}

// The key says how a token must be signed. Else the public key, which everyone knows, would do as
// the secret of HS256.
TEST_P(JwtTest, RefusesEveryOtherAlgorithm) {
  const std::string token = issuer_.Sign(kClaims);
  for (const std::string algorithm :
       {"none", "None", "HS256", "RS384", "PS256", "ES384", "EdDSA", "RS256", "ES256"}) {
    const std::string own = GetParam() == Algorithm::kRs256 ? "RS256" : "ES256";
    if (algorithm == own) continue;
    EXPECT_THAT(keys_.Verify(
                    WithHeader(token, absl::StrCat(R"({"alg":")", algorithm, R"(","kid":"key"})"))),
                StatusIs(absl::StatusCode::kUnauthenticated))
        << algorithm;
  }
}

TEST_P(JwtTest, RefusesHeadersThatItDoesNotUnderstand) {
  EXPECT_THAT(keys_.Verify(issuer_.Sign(kClaims, "crit", R"(["b64"])")),
              IsRefused("no signed JSON Web Token"));
  const std::string token = issuer_.Sign(kClaims);
  for (const std::string header :
       {"{}", R"({"alg":5,"kid":"key"})", R"({"alg":null})", "[]", "1"}) {
    EXPECT_THAT(keys_.Verify(WithHeader(token, header)), IsRefused("no signed JSON Web Token"))
        << header;
  }
  EXPECT_THAT(keys_.Verify(WithHeader(token, R"({"alg":"RS256","kid":"other"})")),
              IsRefused("kid names none of the issuer's keys"));
}

TEST_P(JwtTest, RefusesClaimsThatAreMissingOrNone) {
  const auto verify = [&](const std::string& claims) { return keys_.Verify(issuer_.Sign(claims)); };
  EXPECT_THAT(verify("[]"), IsRefused("no JSON object"));
  EXPECT_THAT(verify("no JSON"), IsRefused("no JSON object"));
  EXPECT_THAT(verify(R"({"sub":"ada"})"), IsRefused("exp is missing"));
  EXPECT_THAT(verify(R"({"exp":1})"), IsRefused("sub must be"));
  EXPECT_THAT(verify(R"({"exp":1,"sub":5})"), IsRefused("sub must be"));
  EXPECT_THAT(verify(R"({"exp":1,"sub":"a\u0000b"})"), IsRefused("sub must be"));
  EXPECT_THAT(verify(absl::StrCat(R"({"exp":1,"sub":")", std::string(256, 'a'), R"("})")),
              IsRefused("sub must be"));
  for (const std::string time : {"\"1\"", "-1", "1e300", "null", "true", "[1]"}) {
    EXPECT_THAT(verify(absl::StrCat(R"({"sub":"ada","exp":)", time, "}")),
                IsRefused("must be seconds since 1970"))
        << time;
  }
}

TEST(JwtKeysTest, TakesTheTokensOfEachKeyByItsName) {
  const TokenIssuer first(Algorithm::kEs256, "first");
  const TokenIssuer second(Algorithm::kRs256, "second");
  ASSERT_OK_AND_ASSIGN(const JwtKeys keys,
                       JwtKeys::Parse(SetOf({first.PublicKey(), second.PublicKey()})));
  EXPECT_OK(keys.Verify(first.Sign(kClaims)));
  EXPECT_OK(keys.Verify(second.Sign(kClaims)));
  EXPECT_THAT(keys.Verify(WithHeader(first.Sign(kClaims), R"({"alg":"ES256"})")),
              IsRefused("kid names none"));
}

TEST(JwtKeysTest, OneKeyAloneNeedsNoName) {
  const TokenIssuer issuer;
  const JwtKeys keys = KeysOf(issuer);
  EXPECT_THAT(keys.Verify(WithHeader(issuer.Sign(kClaims), R"({"alg":"ES256"})")),
              IsRefused("its signature is wrong"))
      << "the header is signed, too";
}

// RFC 7515, appendix A.3.
TEST(JwtKeysTest, AgreesWithTheStandardsExample) {
  ASSERT_OK_AND_ASSIGN(const JwtKeys keys, JwtKeys::Parse(SetOf({R"({"kty":"EC","crv":"P-256",
      "x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
      "y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"})"})));
  const std::string token =
      "eyJhbGciOiJFUzI1NiJ9"
      ".eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnV"
      "l"
      "fQ.DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q";
  EXPECT_THAT(keys.Verify(token), IsRefused("sub must be")) << "its signature is right";
  std::string changed = token;
  changed[30] = 'Q';
  EXPECT_THAT(keys.Verify(changed), IsRefused("its signature is wrong"));
}

TEST(JwtKeysTest, LeavesOutKeysThatTokensAreNotCheckedWith) {
  const TokenIssuer issuer;
  const std::string key = issuer.PublicKey();
  ASSERT_OK_AND_ASSIGN(
      const JwtKeys keys,
      JwtKeys::Parse(SetOf({key, R"({"kty":"oct","k":"AAAA"})", R"({"kty":"OKP","crv":"Ed25519"})",
                            With(key, "use", "enc"), With(key, "alg", "ES512")})));
  EXPECT_EQ(keys.size(), 1);
}

TEST(JwtKeysTest, SaysWhatIsWrongWithASet) {
  const std::string key = TokenIssuer().PublicKey();
  const std::string rsa = TokenIssuer(Algorithm::kRs256).PublicKey();
  const auto said = [](const std::string& set) {
    return std::string(JwtKeys::Parse(set).status().message());
  };
  for (const std::string set : {"", "[]", "{}", R"({"keys":{}})", "{\"keys\":["}) {
    EXPECT_EQ(said(set), R"(must be a JSON Web Key Set: {"keys": [...]})") << set;
  }
  EXPECT_EQ(said(SetOf({})), "has no RSA or P-256 key for signatures");
  EXPECT_EQ(said(SetOf({"5"})), "has a key that is no JSON object");
  EXPECT_EQ(said(SetOf({key, With(key, "x", "AAAA")})), "key 2 for ES256 cannot be read");
  EXPECT_EQ(said(SetOf({key, key})), "key 2 for ES256 has the kid of another");
  EXPECT_EQ(said(SetOf({With(key, "kid", nullptr), With(rsa, "kid", nullptr)})),
            "key 2 for RS256 and another have no kid");
  for (const char* field : {"x", "y"}) {
    EXPECT_EQ(said(SetOf({With(key, field, "A=")})), "key 1 for ES256 cannot be read") << field;
    EXPECT_EQ(said(SetOf({With(key, field, 5)})), "key 1 for ES256 cannot be read") << field;
  }
  for (const char* field : {"n", "e"}) {
    EXPECT_EQ(said(SetOf({With(rsa, field, "A=")})), "key 1 for RS256 cannot be read") << field;
  }
  EXPECT_EQ(said(SetOf({With(key, "d", "AAAA")})), "key 1 for ES256 is private");
  EXPECT_EQ(said(SetOf({With(rsa, "n", std::string(171, 'x'))})),
            "key 1 for RS256 has 1024 bits; 2048 to 4096 are taken");
  EXPECT_EQ(said(SetOf(std::vector<std::string>(101, key))), "must have at most 100 keys");
}

}  // namespace
}  // namespace tally::rpc
