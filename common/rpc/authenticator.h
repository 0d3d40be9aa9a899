#pragma once

#include <memory>
#include <string>

#include <grpcpp/server_context.h>

#include "absl/container/flat_hash_set.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace tally::rpc {

// Who calls, and what they may do.
struct Caller {
  std::string name;                         // empty: not known, because nobody is asked
  bool may_do_everything = false;           // whatever the scopes
  absl::flat_hash_set<std::string> scopes;  // see scope.proto

  bool May(absl::string_view scope) const { return may_do_everything || scopes.contains(scope); }
};

// Tells who makes a call. Thread-safe; does not block.
class Authenticator {
 public:
  virtual ~Authenticator() = default;

  // UNAUTHENTICATED, made for callers, says what is wrong.
  virtual absl::StatusOr<std::shared_ptr<const Caller>> Authenticate(
      const grpc::CallbackServerContext& context) const = 0;
};

// Asks nobody: who reaches the server may do everything.
class NoAuthentication final : public Authenticator {
 public:
  absl::StatusOr<std::shared_ptr<const Caller>> Authenticate(
      const grpc::CallbackServerContext& /*context*/) const override {
    return anyone_;
  }

 private:
  const std::shared_ptr<const Caller> anyone_ =
      std::make_shared<Caller>(Caller{.name = "", .may_do_everything = true, .scopes = {}});
};

}  // namespace tally::rpc
