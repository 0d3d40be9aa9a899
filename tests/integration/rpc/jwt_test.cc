// Calls with a JSON Web Token, and without, to a real server.

#include <gmock/gmock.h>

#include "common/rpc/jwt_authenticator.h"
#include "tests/integration/rpc/server_fixture.h"
#include "tests/testkit/eventually.h"
#include "tests/testkit/status_matchers.h"
#include "tests/testkit/token_issuer.h"

namespace tally::rpc::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testkit::kPatience;
using testkit::StatusIs;
using testkit::TokenIssuer;

class JwtServerTest : public ServerTest {
 protected:
  void SetUp() override {
    service_->on_answer = [](AnswerCall& call) {
      call.response().set_text(call.caller().name);
      if (call.caller().May("test.other"))
        call.response().mutable_text()->append(", may test.other");
      call.Finish(absl::OkStatus());
    };
    StartServer({.jwt = issuer_.settings()});
  }

  static void Show(grpc::ClientContext& context, const std::string& token) {
    if (!token.empty()) context.AddMetadata("authorization", "Bearer " + token);
  }

  grpc::Status AnswerTo(const std::string& token, Method method = &TestService::Stub::Answer) {
    grpc::ClientContext context;
    Show(context, token);
    return CallWith(context, method);
  }

  // The reason that the call is refused for.
  std::string Refusal(const std::string& token) {
    const grpc::Status status = AnswerTo(token);
    EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAUTHENTICATED) << status.error_message();
    return DetailsOf(status).reason;
  }

  // Of the one issuer and audience, valid from so long ago to so long from now.
  std::string TokenValid(absl::Duration from, absl::Duration to) const {
    return issuer_.Sign(absl::StrCat(
        R"({"iss":"https://issuer.test","aud":"tallystick","sub":"ada","scope":"test.write","nbf":)",
        absl::ToUnixSeconds(absl::Now() + from), R"(,"exp":)",
        absl::ToUnixSeconds(absl::Now() + to), "}"));
  }

  bool Refused() { return telemetry_.metrics.AddGauge("tally_jwt_keys_refused", "").Value() == 1; }

  const TokenIssuer issuer_;
  const std::string token_ = issuer_.Issue("ada", "test.write");
};

TEST_F(JwtServerTest, TellsServicesWhoCallsAndWhatTheyMay) {
  EXPECT_TRUE(AnswerTo(issuer_.Issue("ada", "test.write test.more")).ok());
  EXPECT_EQ(response_.text(), "ada");
  EXPECT_TRUE(AnswerTo(issuer_.Issue("bob", "test.write test.other")).ok());
  EXPECT_EQ(response_.text(), "bob, may test.other");
}

TEST_F(JwtServerTest, RefusesCallsWithoutAToken) {
  EXPECT_EQ(Refusal(""), "TOKEN_MISSING");
  EXPECT_EQ(
      telemetry_.metrics.AddCounter("tally_jwt_refused_total", "", {{"reason", "TOKEN_MISSING"}})
          .Value(),
      1);
  grpc::ClientContext basic;
  basic.AddMetadata("authorization", "Basic YWRhOmFkYQ==");
  EXPECT_EQ(DetailsOf(CallWith(basic, &TestService::Stub::Answer)).reason, "TOKEN_MISSING");
  grpc::ClientContext two;
  Show(two, token_);
  Show(two, issuer_.Issue("eve", "test.write"));
  EXPECT_EQ(CallWith(two, &TestService::Stub::Answer).error_code(),
            grpc::StatusCode::UNAUTHENTICATED);
}

TEST_F(JwtServerTest, RefusesTokensForOthersAndOfOthers) {
  const auto sign = [&](const std::string& issuer, const std::string& audience) {
    return issuer_.Sign(
        absl::StrCat(R"({"sub":"ada","scope":"test.write","exp":4000000000,"iss":")", issuer,
                     R"(","aud":)", audience, "}"));
  };
  EXPECT_TRUE(AnswerTo(sign("https://issuer.test", R"(["other","tallystick"])")).ok());
  EXPECT_EQ(Refusal(sign("https://issuer.test", R"("other")")), "TOKEN_INVALID");
  EXPECT_THAT(AnswerTo(sign("https://issuer.test", "[]")).error_message(), HasSubstr("(aud)"));
  EXPECT_EQ(Refusal(sign("https://other.test", R"("tallystick")")), "TOKEN_INVALID");
  EXPECT_THAT(AnswerTo(sign("", R"("tallystick")")).error_message(), HasSubstr("(iss)"));
  EXPECT_EQ(Refusal(TokenIssuer().Issue("ada", "test.write")), "TOKEN_INVALID");
}

TEST_F(JwtServerTest, RefusesTokensBeforeAndAfterTheirTime) {
  EXPECT_TRUE(AnswerTo(TokenValid(absl::Seconds(20), absl::Hours(1))).ok());
  EXPECT_EQ(Refusal(TokenValid(absl::Minutes(1), absl::Hours(1))), "TOKEN_INVALID");
  EXPECT_TRUE(AnswerTo(TokenValid(-absl::Hours(1), -absl::Seconds(10))).ok());
  EXPECT_EQ(Refusal(TokenValid(-absl::Hours(1), -absl::Minutes(1))), "TOKEN_EXPIRED");
}

TEST_F(JwtServerTest, ATokenThatWasTakenIsNotTakenAfterItsTime) {
  const std::string token = TokenValid(-absl::Hours(1), -absl::Seconds(28));
  EXPECT_TRUE(AnswerTo(token).ok());
  EXPECT_EVENTUALLY(AnswerTo(token).error_code() == grpc::StatusCode::UNAUTHENTICATED, kPatience);
  EXPECT_EQ(Refusal(token), "TOKEN_EXPIRED");
}

TEST_F(JwtServerTest, AMethodNeedsItsScope) {
  EXPECT_TRUE(AnswerTo(issuer_.Issue("ada", "test.read"), &TestService::Stub::Read).ok());
  const grpc::Status status = AnswerTo(token_, &TestService::Stub::Read);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::PERMISSION_DENIED);
  EXPECT_EQ(DetailsOf(status).reason, "SCOPE_MISSING");
  EXPECT_EQ(DetailsOf(status).metadata["scope"], "test.read");
  EXPECT_EQ(AnswerTo(issuer_.Issue("ada", ""), &TestService::Stub::Read).error_code(),
            grpc::StatusCode::PERMISSION_DENIED);
}

TEST_F(JwtServerTest, StreamsAreRefusedToo) {
  service_->on_stream = [](AnswerStream& stream) {
    stream.Finish(absl::OkStatus());
    return absl::OkStatus();
  };
  for (const auto& [token, code] : std::vector<std::pair<std::string, grpc::StatusCode>>{
           {"", grpc::StatusCode::UNAUTHENTICATED},
           {issuer_.Issue("ada", "test.read"), grpc::StatusCode::PERMISSION_DENIED},
           {token_, grpc::StatusCode::OK}}) {
    grpc::ClientContext reading;
    Show(reading, token);
    EXPECT_EQ(stub_->Stream(&reading, {})->Finish().error_code(), code);
    grpc::ClientContext conversing;
    Show(conversing, token);
    const auto conversation = stub_->Converse(&conversing);
    conversation->WritesDone();
    EXPECT_EQ(conversation->Finish().error_code(), code);
  }
}

TEST_F(JwtServerTest, HealthNeedsNoToken) {
  grpc::ClientContext context;
  grpc::health::v1::HealthCheckResponse response;
  EXPECT_TRUE(grpc::health::v1::Health::NewStub(channel_)->Check(&context, {}, &response).ok());
}

TEST_F(JwtServerTest, KeysThatAreReplacedCountAtOnceAndTheOldOnesNoMore) {
  EXPECT_TRUE(AnswerTo(token_).ok());
  const TokenIssuer next(TokenIssuer::Algorithm::kRs256, "next");
  issuer_.WriteKeySet(
      absl::StrCat(R"({"keys":[)", issuer_.PublicKey(), ",", next.PublicKey(), "]}"));
  EXPECT_EVENTUALLY(AnswerTo(next.Issue("ada", "test.write")).ok(), kPatience);
  EXPECT_TRUE(AnswerTo(token_).ok());
  issuer_.WriteKeySet(absl::StrCat(R"({"keys":[)", next.PublicKey(), "]}"));
  EXPECT_EVENTUALLY(!AnswerTo(token_).ok(), kPatience);
  EXPECT_TRUE(AnswerTo(next.Issue("ada", "test.write")).ok());
}

TEST_F(JwtServerTest, AFileThatIsWrongChangesNothing) {
  issuer_.WriteKeySet("");
  EXPECT_EVENTUALLY(Refused(), kPatience);
  EXPECT_TRUE(AnswerTo(token_).ok());
  EXPECT_TRUE(AnswerTo(issuer_.Issue("bob", "test.write")).ok());
  issuer_.WriteKeySet(absl::StrCat(R"({"keys":[)", issuer_.PublicKey(), "]}"));
  EXPECT_EVENTUALLY(!Refused(), kPatience);
}

// Each is remembered until there are too many: then all are checked anew.
TEST_F(JwtServerTest, ManyCallersAreTold) {
  for (int i = 0; i < 5'000; ++i) {
    const std::string caller = absl::StrCat("caller-", i);
    ASSERT_TRUE(AnswerTo(issuer_.Issue(caller, "test.write")).ok()) << i;
    ASSERT_EQ(response_.text(), caller);
  }
}

TEST(JwtSettingsTest, SaysWhatIsWrongWithTheFile) {
  telemetry::Telemetry telemetry(telemetry::LogFormat::kText, telemetry::LogLevel::kError, "test");
  EXPECT_THAT(Server::Start({.jwt = {"/none", "issuer", "audience"}}, {}, telemetry),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("/none cannot be read")));
  EXPECT_THAT(
      Server::Start({.jwt = {R"({"keys":[]})", "issuer", "audience"}}, {}, telemetry),
      StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("must be the path of a file")));
  base::Violations problems;
  EXPECT_EQ(ReadJwtKeys({}, problems), nullptr);
  EXPECT_TRUE(problems.empty());
  EXPECT_EQ(ReadJwtKeys({"/none", "issuer", "audience"}, problems), nullptr);
  EXPECT_THAT(
      problems.list(),
      ElementsAre(base::Violation{"--jwt_keys", "/none cannot be read, or is larger than 64 KiB"}));
}

}  // namespace
}  // namespace tally::rpc::testing
