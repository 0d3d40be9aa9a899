#pragma once

#include <string>

namespace tally::config {

// Files in PEM with which one side of a connection encrypts it and proves who it is. Their content
// is checked by rpc::ReadTls.
struct TlsFiles {
  std::string certificates = {};  // its own, then those between it and a CA
  std::string key = {};           // of the first of them, without a passphrase
  std::string ca = {};            // one of these must have signed what the other side shows

  bool operator==(const TlsFiles&) const = default;
};

}  // namespace tally::config
