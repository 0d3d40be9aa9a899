// Encrypted connections, and what is wrong with files.

#include "common/rpc/tls.h"

#include <gmock/gmock.h>

#include <filesystem>

#include "tests/integration/rpc/server_fixture.h"
#include "tests/testkit/certificates.h"
#include "tests/testkit/eventually.h"
#include "tests/testkit/status_matchers.h"

namespace tally::rpc::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::IsEmpty;
using testkit::Certificates;
using testkit::kPatience;

class TlsTest : public ServerTest {
 protected:
  void SetUp() override {
    ASSERT_OK_AND_ASSIGN(authority_, Certificates::Make());
    ASSERT_OK_AND_ASSIGN(server_pair_, authority_->Issue("server"));
  }

  // OK if the server answers a client with these files.
  grpc::StatusCode AnswerTo(const config::TlsFiles& files) {
    grpc::ChannelArguments arguments;
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    stub_ = TestService::NewStub(grpc::CreateCustomChannel(server_->address().ToString(),
                                                           ClientCredentials(files), arguments));
    return Answer().error_code();
  }

  std::unique_ptr<Certificates> authority_;
  Certificates::Pair server_pair_;
};

TEST_F(TlsTest, ServesThoseWhoTrustItsCaAndNobodyInPlainText) {
  StartServer({.tls = {server_pair_.certificate, server_pair_.key, ""}});
  EXPECT_EQ(Answer().error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_EQ(AnswerTo({.ca = authority_->ca()}), grpc::StatusCode::OK);
  ASSERT_OK_AND_ASSIGN(const auto another, Certificates::Make());
  EXPECT_EQ(AnswerTo({.ca = another->ca()}), grpc::StatusCode::UNAVAILABLE);
}

TEST_F(TlsTest, WithAClientCaItServesOnlyWhoShowsItsCertificate) {
  ASSERT_OK_AND_ASSIGN(const auto clients, Certificates::Make());
  StartServer({.tls = {server_pair_.certificate, server_pair_.key, clients->ca()}});
  ASSERT_OK_AND_ASSIGN(const Certificates::Pair own, clients->Issue("client"));
  EXPECT_EQ(AnswerTo({own.certificate, own.key, authority_->ca()}), grpc::StatusCode::OK);
  EXPECT_EQ(AnswerTo({.ca = authority_->ca()}), grpc::StatusCode::UNAVAILABLE);
  ASSERT_OK_AND_ASSIGN(const Certificates::Pair others, authority_->Issue("client"));
  EXPECT_EQ(AnswerTo({others.certificate, others.key, authority_->ca()}),
            grpc::StatusCode::UNAVAILABLE);
}

TEST_F(TlsTest, FilesThatAreReplacedCountFromTheNextConnectionOn) {
  const testkit::TempDir dir;
  const config::TlsFiles files = {dir.File("tls.crt"), dir.File("tls.key"), ""};
  const auto replace = [&](const Certificates::Pair& by) {
    constexpr auto kReplace = std::filesystem::copy_options::overwrite_existing;
    std::filesystem::copy_file(by.certificate, files.certificates, kReplace);
    std::filesystem::copy_file(by.key, files.key, kReplace);
  };
  replace(server_pair_);
  StartServer({.tls = files});
  EXPECT_EQ(AnswerTo({.ca = authority_->ca()}), grpc::StatusCode::OK);
  const auto before = std::move(stub_);
  ASSERT_OK_AND_ASSIGN(const auto next, Certificates::Make());
  ASSERT_OK_AND_ASSIGN(const Certificates::Pair renewed, next->Issue("server"));
  replace(renewed);
  EXPECT_EVENTUALLY(AnswerTo({.ca = next->ca()}) == grpc::StatusCode::OK, kPatience);
  grpc::ClientContext context;
  EXPECT_TRUE(before->Answer(&context, {}, &response_).ok()) << "a connection keeps its own";
}

// "--tls_key /path/of/file is wrong" for each problem.
std::vector<std::string> ProblemsOf(const config::TlsFiles& files) {
  base::Violations problems;
  CheckTls(files, "--tls_ca", problems);
  std::vector<std::string> said;
  for (const base::Violation& problem : problems.list()) {
    said.push_back(problem.field + " " + problem.description);
  }
  return said;
}

TEST_F(TlsTest, SaysWhatIsWrongWithFiles) {
  const auto& [certificate, key] = server_pair_;
  EXPECT_THAT(ProblemsOf({}), IsEmpty());
  EXPECT_THAT(ProblemsOf({certificate, key, authority_->ca()}), IsEmpty());

  EXPECT_THAT(ProblemsOf({certificate, "", ""}),
              ElementsAre("--tls_key must be given with --tls_cert"));
  EXPECT_THAT(ProblemsOf({"", key, ""}), ElementsAre("--tls_cert must be given with --tls_key"));
  EXPECT_THAT(ProblemsOf({"/none", "/none", "/none"}),
              ElementsAre("--tls_ca /none cannot be read, or is empty",
                          "--tls_cert /none cannot be read, or is empty",
                          "--tls_key /none cannot be read, or is empty"));
  EXPECT_THAT(ProblemsOf({key, certificate, key}),
              ElementsAre(EndsWith(" holds no certificate in PEM"),
                          EndsWith(" holds no certificate in PEM"),
                          EndsWith(" holds no private key in PEM without a passphrase")));
  ASSERT_OK_AND_ASSIGN(const Certificates::Pair old, authority_->Issue("old", -1));
  EXPECT_THAT(
      ProblemsOf({old.certificate, old.key, ""}),
      ElementsAre("--tls_cert " + old.certificate + " holds a certificate that has expired"));
  EXPECT_THAT(
      ProblemsOf({certificate, old.key, ""}),
      ElementsAre("--tls_key " + old.key + " is not the key of --tls_cert's first certificate"));
}

}  // namespace
}  // namespace tally::rpc::testing
