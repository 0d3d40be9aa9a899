#include "common/rpc/service_host.h"

#include <httplib.h>
#include <signal.h>

#include <nlohmann/json.hpp>
#include <thread>

#include "absl/strings/str_split.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/integration/rpc/credentials.h"
#include "tests/integration/rpc/testing.grpc.pb.h"
#include "tests/testkit/certificates.h"
#include "tests/testkit/eventually.h"
#include "tests/testkit/process.h"
#include "tests/testkit/status_matchers.h"

namespace tally::rpc::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using testkit::IsOkAndHolds;
using testkit::kPatience;
using testkit::Process;

std::unique_ptr<Process> StartHost(const std::vector<std::string>& flags,
                                   const std::map<std::string, std::string>& env = {}) {
  Process::Spec spec;
  spec.argv = {HOST_UNDER_TEST};
  spec.argv.insert(spec.argv.end(), flags.begin(), flags.end());
  spec.env = env;
  return *Process::Start(std::move(spec));
}

std::string AddressOf(Process& host) {
  const absl::StatusOr<std::string> line = host.WaitForLine("ready ", kPatience);
  EXPECT_OK(line);
  return line.value_or("ready ").substr(6);
}

// Every line of the log must be JSON.
std::string HttpAddressOf(const Process& host) {
  std::string address;
  for (const absl::string_view line : absl::StrSplit(host.Stderr(), '\n', absl::SkipEmpty())) {
    const auto json = nlohmann::json::parse(std::string(line));
    EXPECT_EQ(json["service"], "host_under_test");
    if (json["message"] == "serving") address = json["http"];
  }
  return address;
}

TEST(ServiceHost, ServesUntilAskedToStop) {
  for (const int signal : {SIGTERM, SIGINT}) {
    auto host = StartHost({});
    const auto stub = TestService::NewStub(
        grpc::CreateChannel(AddressOf(*host), grpc::InsecureChannelCredentials()));
    grpc::ClientContext context;
    AnswerResponse response;
    EXPECT_TRUE(stub->Answer(&context, AnswerRequest(), &response).ok());
    ASSERT_OK(host->Signal(signal));
    EXPECT_THAT(host->Wait(kPatience), IsOkAndHolds(0));
  }
}

TEST(ServiceHost, DoesNotWaitForClientsThatAreIdle) {
  auto host = StartHost({"--drain_timeout=60s"});
  const auto stub = TestService::NewStub(
      grpc::CreateChannel(AddressOf(*host), grpc::InsecureChannelCredentials()));
  grpc::ClientContext context;
  AnswerResponse response;
  EXPECT_TRUE(stub->Answer(&context, AnswerRequest(), &response).ok());
  ASSERT_OK(host->Signal(SIGTERM));
  EXPECT_THAT(host->Wait(absl::Seconds(4)), IsOkAndHolds(0));
}

TEST(ServiceHost, LogsJsonAndServesHttp) {
  auto host = StartHost({}, {{"TALLY_LOG_FORMAT", "json"}});
  AddressOf(*host);
  httplib::Client client("http://" + HttpAddressOf(*host));
  EXPECT_EQ(client.Get("/readyz")->status, 200);
  EXPECT_THAT(client.Get("/metrics")->body,
              HasSubstr("tally_build_info{service=\"host_under_test\""));
}

TEST(ServiceHost, ARequestThatDoesNotReadLeavesNoLineThatIsNotJson) {
  auto host = StartHost({}, {{"TALLY_LOG_FORMAT", "json"}});
  const auto stub = TestService::NewStub(
      grpc::CreateChannel(AddressOf(*host), grpc::InsecureChannelCredentials()));
  grpc::ClientContext context;
  AnswerRequest request;
  request.set_text("\xff is not UTF-8");
  AnswerResponse response;
  EXPECT_EQ(stub->Answer(&context, request, &response).error_code(),
            grpc::StatusCode::UNIMPLEMENTED);
  EXPECT_FALSE(HttpAddressOf(*host).empty());
}

TEST(ServiceHost, FinishesCallsUnderWayBeforeItEnds) {
  auto host = StartHost({});
  const auto stub = TestService::NewStub(
      grpc::CreateChannel(AddressOf(*host), grpc::InsecureChannelCredentials()));
  grpc::ClientContext context;
  context.set_wait_for_ready(true);
  grpc::Status status;
  AnswerResponse response;
  std::thread caller([&] { status = stub->Read(&context, AnswerRequest(), &response); });
  httplib::Client http("http://" + HttpAddressOf(*host));
  EXPECT_EVENTUALLY(http.Get("/metrics")->body.find("TestService/Read\"} 1") != std::string::npos,
                    kPatience);
  ASSERT_OK(host->Signal(SIGTERM));
  EXPECT_THAT(host->Wait(kPatience), IsOkAndHolds(0));
  caller.join();
  EXPECT_TRUE(status.ok()) << status.error_message();
}

TEST(ServiceHost, ListsAllWrongSettingsAndExitsWithTwo) {
  auto host = StartHost({"--lucky_number=77", "--listen=nowhere", "--database_sessions=0", "stray"},
                        {{"TALLY_DATABASE", "mysql://user:hunter2@host"}});
  EXPECT_THAT(host->Wait(kPatience), IsOkAndHolds(config::kWrongSettings));
  for (const char* field :
       {"--lucky_number:", "--listen:", "--database_sessions:", "stray:", "TALLY_DATABASE:"}) {
    EXPECT_THAT(host->Stderr(), HasSubstr(field));
  }
  EXPECT_THAT(host->Stderr(), Not(HasSubstr("hunter2")));
  EXPECT_EQ(host->Stdout(), "");
}

TEST(ServiceHost, CannotStartOnATakenPort) {
  auto first = StartHost({});
  auto second = StartHost({"--listen=" + AddressOf(*first)});
  EXPECT_THAT(second->Wait(kPatience), IsOkAndHolds(1));
  EXPECT_THAT(second->Stderr(), HasSubstr("cannot listen on 127.0.0.1"));
}

TEST(ServiceHost, EndsByForceAtASecondSignal) {
  auto host = StartHost({"--hang"});
  AddressOf(*host);
  ASSERT_OK(host->Signal(SIGTERM));
  ASSERT_EVENTUALLY(host->Stderr().find("stopping") != std::string::npos, kPatience);
  EXPECT_TRUE(host->Running());
  ASSERT_OK(host->Signal(SIGTERM));
  EXPECT_THAT(host->Wait(kPatience), IsOkAndHolds(3));
}

TEST(ServiceHost, EndsByForceWhenStoppingTakesTooLong) {
  auto host = StartHost({"--hang", "--drain_timeout=0s"});
  AddressOf(*host);
  ASSERT_OK(host->Signal(SIGTERM));
  EXPECT_THAT(host->Wait(kPatience), IsOkAndHolds(3));
}

TEST(ServiceHost, WithCertificatesItTakesEncryptedConnectionsOnly) {
  ASSERT_OK_AND_ASSIGN(const auto authority, testkit::Certificates::Make());
  ASSERT_OK_AND_ASSIGN(const auto pair, authority->Issue("server"));
  auto host = StartHost({"--tls_cert=" + pair.certificate, "--tls_key=" + pair.key});
  const std::string address = AddressOf(*host);
  const auto answer = [&](const config::TlsFiles& files) {
    grpc::ClientContext context;
    AnswerResponse response;
    return TestService::NewStub(grpc::CreateChannel(address, CredentialsOf(files)))
        ->Answer(&context, AnswerRequest(), &response)
        .error_code();
  };
  EXPECT_EQ(answer({.ca = authority->ca()}), grpc::StatusCode::OK);
  EXPECT_EQ(answer({}), grpc::StatusCode::UNAVAILABLE);
  // gRPC's own complaint is a line as every other.
  EXPECT_EVENTUALLY(host->Stderr().find("Handshake failed") != std::string::npos, kPatience);
  HttpAddressOf(*host);
}

TEST(ServiceHost, SaysWhatIsWrongWithCertificatesBeforeItStarts) {
  auto host = StartHost({"--tls_cert=/none", "--tls_client_ca=/none"});
  EXPECT_THAT(host->Wait(kPatience), IsOkAndHolds(2));
  EXPECT_THAT(host->Stderr(), HasSubstr("--tls_key"));
  EXPECT_THAT(host->Stderr(), HasSubstr("--tls_client_ca"));
}

TEST(ServiceHost, ExplainsItself) {
  auto help = StartHost({"--help"});
  EXPECT_THAT(help->Wait(kPatience), IsOkAndHolds(0));
  for (const char* text : {"Serves tests.", "--lucky_number  (TALLY_LUCKY_NUMBER)", "--listen",
                           "--log_format", "--nats"}) {
    EXPECT_THAT(help->Stdout(), HasSubstr(text));
  }
  auto version = StartHost({"--version"});
  EXPECT_THAT(version->Wait(kPatience), IsOkAndHolds(0));
  EXPECT_EQ(version->Stdout(), "host_under_test " TALLY_VERSION "\n");
}

}  // namespace
}  // namespace tally::rpc::testing
