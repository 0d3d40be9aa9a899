#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "tests/testkit/temp_dir.h"

namespace tally::testkit {

// A certificate authority, made with the program openssl. What it issues is for 127.0.0.1 and
// localhost, and its files go with it. Not thread-safe.
class Certificates {
 public:
  // Paths of files in PEM.
  struct Pair {
    std::string certificate;
    std::string key;
  };

  // INTERNAL, with its output, where openssl fails.
  static absl::StatusOr<std::unique_ptr<Certificates>> Make();

  const std::string& ca() const { return ca_.certificate; }
  // Valid for so many days from now; negative: it has expired.
  absl::StatusOr<Pair> Issue(const std::string& name, int days = 2);

 private:
  Certificates() = default;
  absl::Status Make(const std::string& section, int days, const std::vector<std::string>& signer,
                    const Pair& made);

  TempDir dir_;
  const Pair ca_ = {dir_.File("ca.pem"), dir_.File("ca.key")};
};

}  // namespace tally::testkit
