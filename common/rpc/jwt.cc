#include "common/rpc/jwt.h"

#include <cjose/header.h>
#include <cjose/jws.h>
#include <openssl/err.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/base/status_macros.h"
#include "common/rpc/errors.h"

namespace tally::rpc {
namespace {

using nlohmann::json;

constexpr size_t kKeysMax = 100;
constexpr size_t kRsaBitsMin = 2048;
constexpr size_t kRsaBitsMax = 4096;  // checking a signature costs by its square
constexpr size_t kTokenBytesMax = 8 << 10;
constexpr size_t kSubjectBytesMax = 255;
constexpr double kSecondsMax = 1e11;  // of times since 1970: some three thousand years

absl::Status Refused(absl::string_view why) {
  return Error(absl::StatusCode::kUnauthenticated, "TOKEN_INVALID",
               absl::StrCat("the token is not taken: ", why));
}

json ParseObject(absl::string_view text) {
  return json::parse(text.begin(), text.end(), nullptr, /*allow_exceptions=*/false);
}

// Empty if it is not there or no text.
std::string TextOf(const json& object, const char* name) {
  const auto found = object.find(name);
  return found != object.end() && found->is_string() ? found->get<std::string>() : "";
}

// By what the key is; empty if tokens cannot be checked with it here.
std::string AlgorithmOf(const json& key) {
  const std::string type = TextOf(key, "kty");
  if (type == "RSA") return "RS256";
  return type == "EC" && TextOf(key, "crv") == "P-256" ? "ES256" : "";
}

// Keys may say what they are for.
bool IsFor(const json& key, const std::string& algorithm) {
  const std::string use = TextOf(key, "use");
  const std::string only = TextOf(key, "alg");
  return (use.empty() || use == "sig") && (only.empty() || only == algorithm);
}

// Unpadded base64url, as all of these standards ask for. At anything else cjose ends the process,
// or stops reading and takes what it has.
bool IsBase64Url(absl::string_view text) {
  return !text.empty() && text.size() % 4 != 1 && std::all_of(text.begin(), text.end(), [](char c) {
    return absl::ascii_isalnum(c) || c == '-' || c == '_';
  });
}

// Null if it cannot be read.
std::shared_ptr<cjose_jwk_t> Import(const json& key) {
  for (const char* number : {"n", "e", "x", "y"}) {
    if (key.contains(number) && !IsBase64Url(TextOf(key, number))) return nullptr;
  }
  const std::string text = key.dump();
  cjose_err error{};
  return {cjose_jwk_import(text.data(), text.size(), &error),
          [](cjose_jwk_t* imported) { cjose_jwk_release(imported); }};
}

// Header, claims and signature. At headers without `alg` cjose loses memory, and it knows nothing
// of `crit`, by which a token may ask for more than is understood here.
bool IsSignedToken(absl::string_view token) {
  const std::vector<absl::string_view> parts = absl::StrSplit(token, '.');
  std::string text;
  if (parts.size() != 3 || !std::all_of(parts.begin(), parts.end(), IsBase64Url) ||
      !absl::WebSafeBase64Unescape(parts[0], &text)) {
    return false;
  }
  const json header = ParseObject(text);
  return header.is_object() && !TextOf(header, "alg").empty() && !header.contains("crit");
}

// False where a claim is there and is not a time.
bool ReadTime(const json& claims, const char* name, absl::Time& time) {
  const auto found = claims.find(name);
  if (found == claims.end()) return true;
  if (!found->is_number()) return false;
  const double seconds = found->get<double>();
  if (!(seconds >= 0 && seconds <= kSecondsMax)) return false;
  time = absl::UnixEpoch() + absl::Seconds(seconds);
  return true;
}

// A text, or those in an array.
std::vector<std::string> ReadTexts(const json& claims, const char* name) {
  const auto found = claims.find(name);
  if (found == claims.end()) return {};
  std::vector<std::string> texts;
  for (const json& one : found->is_array() ? *found : json::array({*found})) {
    if (one.is_string()) texts.push_back(one.get<std::string>());
  }
  return texts;
}

// Some issuers say `scp`, and some give an array of words.
std::vector<std::string> ReadScopes(const json& claims) {
  std::vector<std::string> scopes;
  for (const char* name : {"scope", "scp"}) {
    for (const std::string& words : ReadTexts(claims, name)) {
      for (const absl::string_view word : absl::StrSplit(words, ' ', absl::SkipEmpty())) {
        scopes.emplace_back(word);
      }
    }
  }
  return scopes;
}

bool IsName(absl::string_view text) {
  return !text.empty() && text.size() <= kSubjectBytesMax &&
         std::none_of(text.begin(), text.end(),
                      [](char c) { return static_cast<unsigned char>(c) < ' ' || c == 0x7f; });
}

absl::StatusOr<JwtClaims> ReadClaims(absl::string_view payload) {
  const json claims = ParseObject(payload);
  if (!claims.is_object()) return Refused("its claims are no JSON object");
  JwtClaims read;
  read.issuer = TextOf(claims, "iss");
  read.subject = TextOf(claims, "sub");
  read.audience = ReadTexts(claims, "aud");
  if (!IsName(read.subject)) {
    return Refused("sub must be 1 to 255 bytes of text without control characters");
  }
  if (!claims.contains("exp")) return Refused("exp is missing");
  if (!ReadTime(claims, "exp", read.expires) || !ReadTime(claims, "nbf", read.not_before)) {
    return Refused("exp and nbf must be seconds since 1970");
  }
  read.scopes = ReadScopes(claims);
  return read;
}

}  // namespace

absl::StatusOr<JwtKeys> JwtKeys::Parse(absl::string_view text) {
  const json set = ParseObject(text);
  if (!set.is_object() || !set.contains("keys") || !set["keys"].is_array()) {
    return absl::InvalidArgumentError(R"(must be a JSON Web Key Set: {"keys": [...]})");
  }
  if (set["keys"].size() > kKeysMax) {
    return absl::InvalidArgumentError(absl::StrCat("must have at most ", kKeysMax, " keys"));
  }
  const auto leave_no_errors = absl::MakeCleanup(ERR_clear_error);
  JwtKeys keys;
  for (const json& key : set["keys"]) {
    if (!key.is_object()) return absl::InvalidArgumentError("has a key that is no JSON object");
    const std::string algorithm = AlgorithmOf(key);
    if (algorithm.empty() || !IsFor(key, algorithm)) continue;
    const std::string place = absl::StrCat("key ", keys.size() + 1, " for ", algorithm);
    if (key.contains("d")) return absl::InvalidArgumentError(absl::StrCat(place, " is private"));
    std::shared_ptr<cjose_jwk_t> material = Import(key);
    if (material == nullptr) {
      return absl::InvalidArgumentError(absl::StrCat(place, " cannot be read"));
    }
    cjose_err error{};
    const size_t bits = cjose_jwk_get_keysize(material.get(), &error);
    if (algorithm == "RS256" && (bits < kRsaBitsMin || bits > kRsaBitsMax)) {
      return absl::InvalidArgumentError(
          absl::StrCat(place, " has ", bits, " bits; 2048 to 4096 are taken"));
    }
    std::string id = TextOf(key, "kid");
    const bool taken = std::any_of(keys.keys_.begin(), keys.keys_.end(),
                                   [&id](const Key& other) { return other.id == id; });
    if (taken) {
      return absl::InvalidArgumentError(
          absl::StrCat(place, id.empty() ? " and another have no kid" : " has the kid of another"));
    }
    keys.keys_.push_back({std::move(id), algorithm, std::move(material)});
  }
  if (keys.keys_.empty()) {
    return absl::InvalidArgumentError("has no RSA or P-256 key for signatures");
  }
  return keys;
}

const JwtKeys::Key* JwtKeys::Find(const char* id) const {
  if (id == nullptr) return keys_.size() == 1 ? &keys_.front() : nullptr;
  const auto found =
      std::find_if(keys_.begin(), keys_.end(), [id](const Key& key) { return key.id == id; });
  return found == keys_.end() ? nullptr : &*found;
}

absl::StatusOr<JwtClaims> JwtKeys::Verify(const std::string& token) const {
  if (token.size() > kTokenBytesMax) return Refused("it is longer than 8192 bytes");
  // What stays in this thread's list of errors would break the next TLS connection served on it.
  const auto leave_no_errors = absl::MakeCleanup(ERR_clear_error);
  cjose_err error{};
  const std::unique_ptr<cjose_jws_t, void (*)(cjose_jws_t*)> signature(
      IsSignedToken(token) ? cjose_jws_import(token.data(), token.size(), &error) : nullptr,
      cjose_jws_release);
  if (signature == nullptr) return Refused("it is no signed JSON Web Token");
  cjose_header_t* header = cjose_jws_get_protected(signature.get());
  const Key* key = Find(cjose_header_get(header, "kid", &error));
  if (key == nullptr) return Refused("kid names none of the issuer's keys");
  const char* algorithm = cjose_header_get(header, "alg", &error);
  if (algorithm == nullptr || algorithm != key->algorithm) {
    return Refused(absl::StrCat("alg must be ", key->algorithm, ", as for its key"));
  }
  if (!cjose_jws_verify(signature.get(), key->material.get(), &error)) {
    return Refused("its signature is wrong");
  }
  uint8_t* payload = nullptr;
  size_t payload_bytes = 0;
  if (!cjose_jws_get_plaintext(signature.get(), &payload, &payload_bytes, &error)) {
    return Refused("it has no claims");
  }
  return ReadClaims({reinterpret_cast<const char*>(payload), payload_bytes});
}

}  // namespace tally::rpc
