#include "common/bus/declarer.h"

#include <gmock/gmock.h>

#include "common/bus/topology.h"
#include "tests/integration/bus/bus_test_case.h"
#include "tests/integration/bus/other_client.h"

namespace tally::bus {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testkit::StatusIs;

constexpr absl::Duration kTimeout = absl::Seconds(2);

class DeclarerTest : public BusTestCase {
 protected:
  std::unique_ptr<Declarer> NewDeclarer(Bus& bus) {
    return std::make_unique<Declarer>(stream_, durable_, bus, clock_, telemetry_);
  }
  double Differences() {
    return telemetry_.metrics.AddGauge("tally_bus_differences", "", {{"stream", stream_.name}})
        .Value();
  }

  base::SystemClock clock_;
};

TEST_F(DeclarerTest, MakesAgainWhatTheBrokerLost) {
  Start();
  const auto declarer = NewDeclarer(*bus_);
  for (const std::string loss :
       {"CONSUMER.DELETE.ORDERS.activity", "STREAM.DELETE.ORDERS", "STREAM.INFO.ORDERS"}) {
    ASSERT_OK(declarer->Declare(kTimeout));
    EXPECT_OK(bus_->GetDurableState("ORDERS", "activity", Soon()));
    EXPECT_THAT(declarer->state().differences, IsEmpty());
    OtherClient(server_->url()).RequestApi(loss);
  }
}

TEST_F(DeclarerTest, TellsADifferenceThatCameSince) {
  Start();
  const auto declarer = NewDeclarer(*bus_);
  ASSERT_OK(declarer->Declare(kTimeout));
  OtherClient(server_->url())
      .RequestApi("STREAM.UPDATE.ORDERS",
                  R"({"name": "ORDERS", "subjects": ["orders.v1.>"], "retention": "limits",
                      "storage": "file", "discard": "old", "num_replicas": 1, "max_bytes": -1,
                      "max_age": 259200000000000, "duplicate_window": 120000000000,
                      "max_msgs": -1, "max_msgs_per_subject": -1, "max_msg_size": -1})");
  ASSERT_OK(declarer->Declare(kTimeout));
  EXPECT_THAT(declarer->state().differences, ElementsAre(R"(discard: wanted "new", is "old")"));
  EXPECT_EQ(Differences(), 1);
}

TEST_F(DeclarerTest, TellsWhatKeepsTheStreamAndInWhatItIsWeakerThanDeclared) {
  Start();
  ASSERT_OK(NewDeclarer(*bus_)->Declare(kTimeout));
  stream_.replicas = 3;
  const auto declarer = NewDeclarer(*bus_);
  ASSERT_OK(declarer->Declare(kTimeout));
  EXPECT_THAT(declarer->state().shortcomings, ElementsAre("replicas is 1 and must be 3"));
  EXPECT_THAT(declarer->state().durability, HasSubstr("replicas=1"));
  EXPECT_THAT(declarer->state().durability, testing::ContainsRegex("nats-server 2[.][0-9]+[.]"));
  EXPECT_THAT(telemetry_.health.Details(),
              HasSubstr("less than declared: replicas is 1 and must be 3\n"));
}

TEST_F(DeclarerTest, KeepsWhatItSawWhileTheServerIsAway) {
  Start();
  const auto declarer = NewDeclarer(*bus_);
  EXPECT_EQ(declarer->state().looked, absl::InfinitePast());
  ASSERT_OK(declarer->Declare(kTimeout));
  const absl::Time looked = declarer->state().looked;
  server_->Kill();
  EXPECT_THAT(declarer->Declare(kTimeout), StatusIs(absl::StatusCode::kUnavailable));
  EXPECT_FALSE(declarer->state().failure.ok());
  EXPECT_EQ(declarer->state().looked, looked);
  ASSERT_OK(server_->Restart());
  EXPECT_EVENTUALLY(declarer->Declare(kTimeout).ok(), kPatience);
  EXPECT_OK(declarer->state().failure);
}

TEST_F(DeclarerTest, SaysWhatToRunWhereTheAccountMayCreateNothing) {
  StartServer(R"(authorization { users: [ { user: service, password: secret, permissions:
      { publish: { deny: ["$JS.API.STREAM.CREATE.>", "$JS.API.CONSUMER.DURABLE.CREATE.>"] } } },
      { user: all, password: secret } ] })");
  bus_ = Connect(UrlOf("service"));
  durable_.description = DescriptionOf("4711");
  const auto declarer = NewDeclarer(*bus_);
  EXPECT_THAT(declarer->Declare(kTimeout),
              StatusIs(absl::StatusCode::kPermissionDenied,
                       testing::AllOf(HasSubstr("tally provision"), HasSubstr("database 4711"))));
  const auto all = Connect(UrlOf("all"));
  ASSERT_OK(all->Declare(stream_, Soon()));
  EXPECT_THAT(declarer->Declare(kTimeout), StatusIs(absl::StatusCode::kPermissionDenied,
                                                    HasSubstr("durable activity is not there")));
  ASSERT_OK(all->Declare(durable_, Soon()));
  EXPECT_OK(declarer->Declare(kTimeout));
}

}  // namespace
}  // namespace tally::bus
