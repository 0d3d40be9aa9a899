// Encrypted connections, and what is wrong with files.

#include "common/rpc/tls.h"

#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>

#include "tests/integration/rpc/credentials.h"
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
using testkit::StatusIs;

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
    stub_ = TestService::NewStub(
        grpc::CreateCustomChannel(server_->address().ToString(), CredentialsOf(files), arguments));
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

class RenewedTlsTest : public TlsTest {
 protected:
  void SetUp() override {
    TlsTest::SetUp();
    Replace(files_.certificates, server_pair_.certificate);
    Replace(files_.key, server_pair_.key);
    StartServer({.tls = files_});
    ASSERT_OK_AND_ASSIGN(next_, Certificates::Make());
    ASSERT_OK_AND_ASSIGN(renewed_, next_->Issue("server"));
  }

  static void Replace(const std::string& path, const std::string& by) {
    std::filesystem::copy_file(by, path, std::filesystem::copy_options::overwrite_existing);
  }
  bool Refused() { return telemetry_.metrics.AddGauge("tally_tls_files_refused", "").Value() == 1; }
  bool Serves(const Certificates& authority) {
    return AnswerTo({.ca = authority.ca()}) == grpc::StatusCode::OK;
  }

  const testkit::TempDir dir_;
  const config::TlsFiles files_ = {dir_.File("tls.crt"), dir_.File("tls.key"), ""};
  std::unique_ptr<Certificates> next_;
  Certificates::Pair renewed_;
};

TEST_F(RenewedTlsTest, FilesThatAreReplacedCountFromTheNextConnectionOn) {
  EXPECT_TRUE(Serves(*authority_));
  const auto before = std::move(stub_);
  Replace(files_.certificates, renewed_.certificate);
  Replace(files_.key, renewed_.key);
  EXPECT_EVENTUALLY(Serves(*next_), kPatience);
  EXPECT_FALSE(Serves(*authority_));
  grpc::ClientContext context;
  EXPECT_TRUE(before->Answer(&context, {}, &response_).ok()) << "a connection keeps its own";
}

TEST_F(RenewedTlsTest, BetweenANewCertificateAndItsKeyTheOldOnesCount) {
  Replace(files_.certificates, renewed_.certificate);
  EXPECT_EVENTUALLY(Refused(), kPatience);
  const absl::Time later = absl::Now() + absl::Seconds(3);  // gRPC reads every second.
  EXPECT_EVENTUALLY(!Serves(*authority_) || absl::Now() > later, kPatience);
  EXPECT_TRUE(Serves(*authority_));
  Replace(files_.key, renewed_.key);
  EXPECT_EVENTUALLY(Serves(*next_), kPatience);
  EXPECT_EVENTUALLY(!Refused(), kPatience);
}

TEST_F(RenewedTlsTest, AFileThatIsEmptyOrGoneChangesNothing) {
  std::ofstream(files_.key, std::ios::trunc).close();
  EXPECT_EVENTUALLY(Refused(), kPatience);
  std::filesystem::remove(files_.certificates);
  const absl::Time later = absl::Now() + absl::Seconds(3);
  EXPECT_EVENTUALLY(!Serves(*authority_) || absl::Now() > later, kPatience);
  EXPECT_TRUE(Serves(*authority_));
}

TEST_F(TlsTest, DoesNotStartWithWrongFiles) {
  EXPECT_THAT(
      Server::Start({.tls = {server_pair_.certificate, authority_->ca(), ""}}, {}, telemetry_),
      StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(Server::Start({.tls = {.ca = authority_->ca()}}, {}, telemetry_),
              StatusIs(absl::StatusCode::kInvalidArgument));
}

// "--tls_key /path/of/file is wrong" for each problem.
std::vector<std::string> ProblemsOf(const config::TlsFiles& files) {
  base::Violations problems;
  ReadTls(files, "--tls_ca", problems);
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
  EXPECT_THAT(ProblemsOf({certificate, "-----BEGIN PRIVATE KEY-----", ""}),
              ElementsAre("--tls_key must be the path of a file, not what it holds"));
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
