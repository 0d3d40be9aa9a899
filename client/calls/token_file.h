#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <grpcpp/support/client_interceptor.h>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "common/base/violations.h"

namespace tally::client {

// A JSON Web Token in a file, which whoever issues it may replace: tokens are short-lived.
// Thread-safe.
class TokenFile {
 public:
  // Null, and a problem under --token_file, where it cannot be read or holds no token.
  static std::shared_ptr<TokenFile> Open(const std::string& path, base::Violations& problems);

  // As it was within the last second; what it held before, where it cannot be read now.
  std::string Token();

 private:
  explicit TokenFile(std::string path) : path_(std::move(path)) {}
  void Read() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const std::string path_;
  absl::Mutex mutex_;
  std::string token_ ABSL_GUARDED_BY(mutex_);
  absl::Duration read_at_ ABSL_GUARDED_BY(mutex_);
};

using Interceptors =
    std::vector<std::unique_ptr<grpc::experimental::ClientInterceptorFactoryInterface>>;

// Sends the token with each call of a channel. gRPC's own way would send it over encrypted
// connections alone, and behind a proxy that encrypts there are none.
Interceptors SendWithEachCall(std::shared_ptr<TokenFile> token);

}  // namespace tally::client
