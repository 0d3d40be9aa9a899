#include "tests/testkit/token_issuer.h"

#include <cjose/header.h>
#include <cjose/jws.h>
#include <cjose/util.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <utility>

#include "absl/time/clock.h"
#include "common/base/check.h"

namespace tally::testkit {
namespace {

constexpr uint8_t kExponent[] = {1, 0, 1};

cjose_jwk_t* MakeKey(TokenIssuer::Algorithm algorithm) {
  cjose_err error{};
  return algorithm == TokenIssuer::Algorithm::kRs256
             ? cjose_jwk_create_RSA_random(2048, kExponent, sizeof(kExponent), &error)
             : cjose_jwk_create_EC_random(CJOSE_JWK_EC_P_256, &error);
}

}  // namespace

TokenIssuer::TokenIssuer(Algorithm algorithm, std::string key_id)
    : algorithm_(algorithm),
      key_id_(std::move(key_id)),
      key_(MakeKey(algorithm), [](cjose_jwk_t* key) { cjose_jwk_release(key); }) {
  TALLY_CHECK(key_ != nullptr);
  cjose_err error{};
  TALLY_CHECK(cjose_jwk_set_kid(key_.get(), key_id_.data(), key_id_.size(), &error));
  WriteKeySet(R"({"keys":[)" + PublicKey() + "]}");
}

std::string TokenIssuer::PublicKey() const {
  cjose_err error{};
  const std::unique_ptr<char, void (*)(void*)> text(
      cjose_jwk_to_json(key_.get(), /*priv=*/false, &error), cjose_get_dealloc());
  TALLY_CHECK(text != nullptr);
  return text.get();
}

void TokenIssuer::WriteKeySet(const std::string& json) const {
  const std::string next = settings_.keys + ".next";
  std::ofstream(next) << json;
  std::filesystem::rename(next, settings_.keys);
}

std::string TokenIssuer::Issue(const std::string& subject, const std::string& scopes,
                               absl::Duration valid) const {
  return Sign(nlohmann::json({{"iss", settings_.issuer},
                              {"aud", settings_.audience},
                              {"sub", subject},
                              {"scope", scopes},
                              {"exp", absl::ToUnixSeconds(absl::Now() + valid)}})
                  .dump());
}

std::string TokenIssuer::Sign(const std::string& claims, const std::string& header_field,
                              const std::string& header_value) const {
  cjose_err error{};
  const std::unique_ptr<cjose_header_t, void (*)(cjose_header_t*)> header(cjose_header_new(&error),
                                                                          cjose_header_release);
  const char* algorithm =
      algorithm_ == Algorithm::kRs256 ? CJOSE_HDR_ALG_RS256 : CJOSE_HDR_ALG_ES256;
  TALLY_CHECK(cjose_header_set(header.get(), CJOSE_HDR_ALG, algorithm, &error));
  TALLY_CHECK(cjose_header_set(header.get(), CJOSE_HDR_KID, key_id_.c_str(), &error));
  if (!header_field.empty()) {
    TALLY_CHECK(
        cjose_header_set_raw(header.get(), header_field.c_str(), header_value.c_str(), &error));
  }
  const std::unique_ptr<cjose_jws_t, void (*)(cjose_jws_t*)> signature(
      cjose_jws_sign(key_.get(), header.get(), reinterpret_cast<const uint8_t*>(claims.data()),
                     claims.size(), &error),
      cjose_jws_release);
  TALLY_CHECK(signature != nullptr);
  const char* compact = nullptr;
  TALLY_CHECK(cjose_jws_export(signature.get(), &compact, &error));
  return compact;
}

}  // namespace tally::testkit
