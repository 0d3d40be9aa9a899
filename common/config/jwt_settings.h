#pragma once

#include <string>

namespace tally::config {

// Whose JSON Web Tokens callers have to show. The file is checked by rpc::ReadJwtKeys.
struct JwtSettings {
  std::string keys = {};      // file with a JSON Web Key Set; empty: no token is asked for
  std::string issuer = {};    // what the claim `iss` must be
  std::string audience = {};  // what the claim `aud` must be or contain

  bool operator==(const JwtSettings&) const = default;
};

}  // namespace tally::config
