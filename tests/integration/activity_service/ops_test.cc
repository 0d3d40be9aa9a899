// tally.ops.v1.InboxService, as activity_service serves it.

#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/rpc/error_details.h"
#include "tally/events/v1/order_events.pb.h"
#include "tally/ops/v1/inbox_service.grpc.pb.h"
#include "tests/integration/activity_service/served_instance.h"
#include "tests/testkit/database_urls.h"
#include "tests/testkit/deliveries.h"
#include "tests/testkit/status_matchers.h"

namespace tally::activity {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using testing::UnorderedElementsAre;
using Stub = ops::v1::InboxService::Stub;

class InboxOpsTest : public testing::TestWithParam<testkit::DatabaseKind> {
 protected:
  void SetUp() override {
    ASSERT_OK_AND_ASSIGN(const std::string url, GetParam().MakeUrl());
    served = std::make_unique<ServedInstance>(url);
    stub = ops::v1::InboxService::NewStub(served->channel());
  }

  template <typename Request, typename Response>
  grpc::Status Call(grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*),
                    const Request& request, Response& response) {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(30));
    return ((*stub).*method)(&context, request, &response);
  }

  // An event that can be decoded and not be applied: a letter.
  void ReceiveBad(int64_t sequence) {
    bus::Event event = Created(1, sequence, kMorning, Money("GBP", 1));
    events::v1::OrderCreated created;
    created.mutable_order()->set_customer("ada");
    created.mutable_order()->set_currency("nonsense");
    event.payload = created.SerializeAsString();
    ASSERT_OK(served->instance().Receive({event}));
  }
  std::string Id(int64_t sequence) { return absl::StrCat(testkit::Lane(1), "/", sequence); }

  ops::v1::ListLettersResponse Letters(const ops::v1::ListLettersRequest& request = {}) {
    ops::v1::ListLettersResponse response;
    const grpc::Status called = Call(&Stub::ListLetters, request, response);
    EXPECT_TRUE(called.ok()) << called.error_message();
    return response;
  }
  std::vector<std::string> FieldsOf(const grpc::Status& status) {
    std::vector<std::string> names;
    for (const base::Violation& violation : rpc::DetailsOf(status).violations) {
      names.push_back(violation.field);
    }
    return names;
  }

  std::unique_ptr<ServedInstance> served;
  std::unique_ptr<Stub> stub;
};
INSTANTIATE_ON_EVERY_DATABASE(InboxOpsTest);

TEST_P(InboxOpsTest, ShowsTheInboxAtAGlance) {
  ASSERT_OK(served->instance().Receive(
      {Created(1, 1, kMorning, Money("GBP", 1)), Created(1, 4, kMorning, Money("GBP", 1))}));
  ReceiveBad(2);
  ops::v1::GetInboxStatusResponse status;
  ASSERT_TRUE(Call(&Stub::GetInboxStatus, {}, status).ok());
  EXPECT_EQ(status.consumer(), "activity_service");
  EXPECT_EQ(status.lanes(), 1);
  EXPECT_EQ(status.covered_events(), 3);
  EXPECT_EQ(status.retrying_letters() + status.dead_letters(), 1);
  EXPECT_FALSE(status.has_pending_events()) << "the bus cannot be asked";
  EXPECT_FALSE(status.bus().connected());
  EXPECT_THAT(status.database().database_id(), SizeIs(36));
  std::vector<std::string> alarms;
  for (const ops::v1::Alarm& alarm : status.alarms()) alarms.push_back(alarm.name());
  EXPECT_THAT(alarms, testing::Contains("BUS_UNREACHABLE"));
}

TEST_P(InboxOpsTest, ListsWatermarksWithWhatStandsAboveThem) {
  ASSERT_OK(served->instance().Receive({Created(1, 1, kMorning, Money("GBP", 1)),
                                        Created(1, 4, kMorning, Money("GBP", 1)),
                                        Created(2, 1, kMorning, Money("GBP", 1))}));
  ops::v1::ListWatermarksRequest request;
  request.set_page_size(1);
  ops::v1::ListWatermarksResponse page;
  ASSERT_TRUE(Call(&Stub::ListWatermarks, request, page).ok());
  ASSERT_EQ(page.watermarks_size(), 1);
  EXPECT_EQ(page.watermarks(0).lane_id(), testkit::Lane(1));
  EXPECT_EQ(page.watermarks(0).applied_through(), 1);
  EXPECT_EQ(page.watermarks(0).range_count(), 1);
  EXPECT_EQ(page.watermarks(0).ranges(0).first_sequence(), 4);
  EXPECT_EQ(page.watermarks(0).covered_events(), 2);
  EXPECT_EQ(page.watermarks(0).highest_sequence(), 4);
  EXPECT_FALSE(page.watermarks(0).has_published_through());
  request.set_page_token(page.next_page_token());
  ASSERT_TRUE(Call(&Stub::ListWatermarks, request, page).ok());
  ASSERT_EQ(page.watermarks_size(), 1);
  EXPECT_EQ(page.watermarks(0).lane_id(), testkit::Lane(2));
  EXPECT_EQ(page.next_page_token(), "");
  request.set_gaps_only(true);
  EXPECT_THAT(FieldsOf(Call(&Stub::ListWatermarks, request, page)), ElementsAre("page_token"));
}

TEST_P(InboxOpsTest, TellsTheLettersOfALaneApart) {
  ReceiveBad(7);
  bus::Event undecodable = Created(1, 8, kMorning, Money("GBP", 1));
  undecodable.payload = "\xff";
  ASSERT_OK(served->instance().Receive({undecodable}));
  ops::v1::ListWatermarksResponse page;
  ASSERT_TRUE(Call(&Stub::ListWatermarks, {}, page).ok());
  EXPECT_EQ(page.watermarks(0).letters(), 2);
  EXPECT_EQ(page.watermarks(0).retrying_letters() + page.watermarks(0).dead_letters(), 2);
  EXPECT_GE(page.watermarks(0).dead_letters(), 1);
}

TEST_P(InboxOpsTest, AWatermarkHasAllItsRangesWhenItsLaneIsNamed) {
  std::vector<bus::Event> events;
  for (int i = 1; i <= 120; ++i) events.push_back(Created(1, 2 * i, kMorning, Money("GBP", 1)));
  ASSERT_OK(served->instance().Receive(events));
  ops::v1::ListWatermarksRequest request;
  ops::v1::ListWatermarksResponse page;
  ASSERT_TRUE(Call(&Stub::ListWatermarks, request, page).ok());
  EXPECT_EQ(page.watermarks(0).range_count(), 120);
  EXPECT_EQ(page.watermarks(0).ranges_size(), 100);
  request.set_lane_id(testkit::Lane(1));
  ASSERT_TRUE(Call(&Stub::ListWatermarks, request, page).ok());
  EXPECT_EQ(page.watermarks(0).ranges_size(), 120);
}

TEST_P(InboxOpsTest, ShowsALetterWithItsContent) {
  ReceiveBad(7);
  bus::Event undecodable = Created(1, 8, kMorning, Money("GBP", 1));
  undecodable.payload = "\xff";
  ASSERT_OK(served->instance().Receive({undecodable}));
  ops::v1::ListLettersRequest request;
  EXPECT_THAT(Letters(request).letters(1).payload(), IsEmpty());
  EXPECT_THAT(Letters(request).letters(1).headers(), IsEmpty());
  request.set_include_details(true);
  const ops::v1::ListLettersResponse page = Letters(request);
  ASSERT_EQ(page.letters_size(), 2);
  const ops::v1::Letter& letter = page.letters(1);
  EXPECT_EQ(letter.event_id(), Id(7));
  EXPECT_EQ(letter.lane_id(), testkit::Lane(1));
  EXPECT_EQ(letter.sequence(), 7);
  EXPECT_EQ(letter.source(), "tests");
  EXPECT_EQ(letter.type(), "tally.events.v1.OrderCreated");
  EXPECT_EQ(letter.event_time().seconds(), absl::ToUnixSeconds(kMorning));
  EXPECT_EQ(letter.attempts(), 1);
  EXPECT_THAT(letter.payload_json(), HasSubstr(R"("customer":"ada")"));
  EXPECT_THAT(letter.headers(), testing::Not(IsEmpty()));
  EXPECT_THAT(page.letters(0).payload_json(), IsEmpty()) << "it cannot be decoded";
  EXPECT_EQ(page.letters(0).payload(), "\xff");
  EXPECT_EQ(page.letters(0).state(), ops::v1::Letter::STATE_DEAD);
}

TEST_P(InboxOpsTest, RedrivesAndDiscardsByIdAndByFilter) {
  for (int64_t sequence = 1; sequence <= 4; ++sequence) ReceiveBad(sequence);
  ops::v1::RedriveLettersRequest redrive;
  ops::v1::RedriveLettersResponse redriven;
  redrive.mutable_ids()->add_event_ids(Id(1));
  ASSERT_TRUE(Call(&Stub::RedriveLetters, redrive, redriven).ok());
  EXPECT_EQ(redriven.redriven_letters(), 1);
  ASSERT_TRUE(Call(&Stub::RedriveLetters, redrive, redriven).ok());
  EXPECT_EQ(redriven.redriven_letters(), 0);
  EXPECT_EQ(Letters().letters(3).state(), ops::v1::Letter::STATE_RETRYING);
  EXPECT_TRUE(Letters().letters(3).has_next_attempt_time());
  redrive.mutable_ids()->add_event_ids(Id(99));
  EXPECT_EQ(Call(&Stub::RedriveLetters, redrive, redriven).error_code(),
            grpc::StatusCode::NOT_FOUND);
  redrive.mutable_filter()->set_lane_id(testkit::Lane(1));
  ASSERT_TRUE(Call(&Stub::RedriveLetters, redrive, redriven).ok());
  EXPECT_EQ(redriven.redriven_letters(), 3);

  ops::v1::DiscardLettersRequest discard;
  ops::v1::DiscardLettersResponse discarded;
  discard.mutable_ids()->add_event_ids(Id(2));
  discard.set_reason("a test");
  ASSERT_TRUE(Call(&Stub::DiscardLetters, discard, discarded).ok());
  EXPECT_EQ(discarded.discarded_letters(), 1);
  EXPECT_EQ(Letters().letters(2).discard_reason(), "a test");
  discard.mutable_filter()->set_type("tally.events.v1.OrderCreated");
  ASSERT_TRUE(Call(&Stub::DiscardLetters, discard, discarded).ok());
  EXPECT_EQ(discarded.discarded_letters(), 3);
  redrive.mutable_ids()->add_event_ids(Id(1));
  EXPECT_EQ(Call(&Stub::RedriveLetters, redrive, redriven).error_code(),
            grpc::StatusCode::FAILED_PRECONDITION);
  ops::v1::GetInboxStatusResponse status;
  ASSERT_TRUE(Call(&Stub::GetInboxStatus, {}, status).ok());
  EXPECT_EQ(status.discarded_letters(), 4);
}

TEST_P(InboxOpsTest, NamesWhatIsWrongWithARequest) {
  ops::v1::RedriveLettersRequest redrive;
  ops::v1::RedriveLettersResponse redriven;
  EXPECT_THAT(FieldsOf(Call(&Stub::RedriveLetters, redrive, redriven)), ElementsAre("selection"));
  redrive.mutable_ids();
  EXPECT_THAT(FieldsOf(Call(&Stub::RedriveLetters, redrive, redriven)),
              ElementsAre("ids.event_ids"));
  ops::v1::DiscardLettersRequest discard;
  ops::v1::DiscardLettersResponse discarded;
  ops::v1::LetterFilter& filter = *discard.mutable_filter();
  filter.set_state(static_cast<ops::v1::Letter::State>(17));
  filter.set_lane_id("x");
  filter.set_type("\n");
  filter.set_error_contains(std::string(257, 'x'));
  filter.mutable_start_time()->set_seconds(2);
  filter.mutable_end_time()->set_seconds(1);
  EXPECT_THAT(FieldsOf(Call(&Stub::DiscardLetters, discard, discarded)),
              UnorderedElementsAre("filter.state", "filter.lane_id", "filter.type",
                                   "filter.error_contains", "filter.end_time", "reason"));
}

}  // namespace
}  // namespace tally::activity
