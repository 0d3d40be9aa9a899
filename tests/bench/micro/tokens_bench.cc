// What the first call with a token costs more than those after it.

#include <benchmark/benchmark.h>

#include "absl/strings/str_cat.h"
#include "common/rpc/jwt.h"
#include "tests/testkit/token_issuer.h"

namespace tally::bench {
namespace {

void CheckToken(benchmark::State& state, testkit::TokenIssuer::Algorithm algorithm) {
  const testkit::TokenIssuer issuer(algorithm);
  const rpc::JwtKeys keys =
      rpc::JwtKeys::Parse(absl::StrCat(R"({"keys":[)", issuer.PublicKey(), "]}")).value();
  const std::string token = issuer.Issue("caller", "orders.write orders.read");
  for (auto _ : state) benchmark::DoNotOptimize(keys.Verify(token).ok());
}
BENCHMARK_CAPTURE(CheckToken, RS256, testkit::TokenIssuer::Algorithm::kRs256);
BENCHMARK_CAPTURE(CheckToken, ES256, testkit::TokenIssuer::Algorithm::kEs256);

}  // namespace
}  // namespace tally::bench
