#pragma once

#include <gtest/gtest.h>

#include "common/rpc/tls.h"

namespace tally::rpc::testing {

inline std::shared_ptr<grpc::ChannelCredentials> CredentialsOf(const config::TlsFiles& client) {
  base::Violations problems;
  const TlsContent content = ReadTls(client, "--tls_ca", problems);
  EXPECT_TRUE(problems.empty());
  return ClientCredentials(content);
}

}  // namespace tally::rpc::testing
