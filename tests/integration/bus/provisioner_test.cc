#include "common/bus/provisioner.h"

#include <gmock/gmock.h>

#include "tests/integration/bus/bus_test_case.h"
#include "tests/integration/bus/other_client.h"

namespace tally::bus {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::Field;
using testing::IsEmpty;
using testkit::IsOkAndHolds;
using testkit::StatusIs;

class ProvisionerTest : public BusTestCase {
 protected:
  void SetUp() override {
    Start();
    auto provisioner =
        Provisioner::Connect({.urls = {server_->url()}, .name = "test"}, telemetry_, Soon());
    ASSERT_OK(provisioner);
    provisioner_ = *std::move(provisioner);
  }

  template <typename Config>
  void MendAll(const Config& config) {
    ASSERT_OK_AND_ASSIGN(const auto deviations, provisioner_->Compare(config, Soon()));
    for (const Deviation& deviation : deviations) {
      EXPECT_OK(provisioner_->Mend(config, deviation, Soon())) << deviation.field;
    }
  }

  std::unique_ptr<Provisioner> provisioner_;
};

auto Differs(const std::string& field, const std::string& wanted, const std::string& found) {
  return AllOf(Field(&Deviation::field, field), Field(&Deviation::wanted, wanted),
               Field(&Deviation::found, found));
}

TEST_F(ProvisionerTest, CreatesWhatServicesFindAsDeclared) {
  EXPECT_THAT(provisioner_->Compare(stream_, Soon()),
              IsOkAndHolds(ElementsAre(Differs("", "there", "not there"))));
  MendAll(stream_);
  MendAll(durable_);
  ASSERT_OK_AND_ASSIGN(const Declared stream, bus_->Declare(stream_, Soon()));
  ASSERT_OK_AND_ASSIGN(const Declared durable, bus_->Declare(durable_, Soon()));
  EXPECT_FALSE(stream.created || durable.created);
  EXPECT_THAT(stream.differences, IsEmpty());
  EXPECT_THAT(durable.differences, IsEmpty());
  EXPECT_THAT(provisioner_->Compare(stream_, Soon()), IsOkAndHolds(IsEmpty()));
}

TEST_F(ProvisionerTest, ChangesOneFieldAndLeavesTheOthersAndTheMessages) {
  DeclareBoth();
  PublishStored(1, 3);
  stream_.max_age = absl::Hours(24);
  stream_.max_bytes = 1 << 30;
  EXPECT_THAT(provisioner_->Compare(stream_, Soon()),
              IsOkAndHolds(ElementsAre(Differs("max_age", "24h", "72h"),
                                       Differs("max_bytes", "1073741824", "-1"))));
  ASSERT_OK(provisioner_->Mend(stream_, {.field = "max_age", .wanted = "", .found = ""}, Soon()));
  EXPECT_THAT(provisioner_->Compare(stream_, Soon()),
              IsOkAndHolds(ElementsAre(Differs("max_bytes", "1073741824", "-1"))));
  durable_.ack_wait = absl::Seconds(7);
  durable_.description = "another database";
  MendAll(durable_);
  EXPECT_THAT(provisioner_->Compare(durable_, Soon()), IsOkAndHolds(IsEmpty()));
  EXPECT_THAT(provisioner_->DescriptionOfDurable("ORDERS", "activity", Soon()),
              IsOkAndHolds("another database"));
  ASSERT_OK_AND_ASSIGN(const StreamState state, bus_->GetStreamState("ORDERS", Soon()));
  EXPECT_EQ(state.messages, 3);
}

TEST_F(ProvisionerTest, WhatCannotBeChangedIsRefusedInTheServersWords) {
  OtherClient(server_->url())
      .RequestApi("STREAM.CREATE.ORDERS",
                  R"({"name": "ORDERS", "subjects": ["orders.v1.>"], "storage": "memory"})");
  const absl::Status refused =
      provisioner_->Mend(stream_, {.field = "storage", .wanted = "", .found = ""}, Soon());
  EXPECT_FALSE(refused.ok());
  EXPECT_THAT(std::string(refused.message()), testing::HasSubstr("JetStream: "));
  EXPECT_THAT(provisioner_->Compare(stream_, Soon()),
              IsOkAndHolds(testing::Contains(Differs("storage", "\"file\"", "\"memory\""))));
}

TEST_F(ProvisionerTest, GivesUpWithoutAServer) {
  server_->Kill();
  EXPECT_THAT(Provisioner::Connect({.urls = {server_->url()}, .name = "test"}, telemetry_,
                                   absl::Now() + absl::Milliseconds(300)),
              StatusIs(absl::StatusCode::kUnavailable));
}

}  // namespace
}  // namespace tally::bus
