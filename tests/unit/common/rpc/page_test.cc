#include "common/rpc/page.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tally/ops/v1/outbox_service.pb.h"
#include "tests/testkit/status_matchers.h"

namespace tally::rpc {
namespace {

using testing::ElementsAre;
using testkit::IsOkAndHolds;
using testkit::StatusIs;

TEST(PageTest, AnyPlaceComesBackAsItWas) {
  const std::string token = EncodePageToken("lanes", {"17", "", "018f/3#4"});
  EXPECT_THAT(ParsePageToken(token, "lanes", 3), IsOkAndHolds(ElementsAre("17", "", "018f/3#4")));
}

TEST(PageTest, ATokenBelongsToItsQueryAndHasItsParts) {
  const std::string token = EncodePageToken("lanes", {"17"});
  EXPECT_THAT(ParsePageToken(token, "letters", 1), StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(ParsePageToken(token, "lanes", 2), StatusIs(absl::StatusCode::kInvalidArgument));
  for (const char* text : {"", "x", "AAAA", "%%%"}) {
    EXPECT_THAT(ParsePageToken(text, "lanes", 1), StatusIs(absl::StatusCode::kInvalidArgument));
  }
}

TEST(PageTest, AQueryIsWhatIsAskedForNotHowMuchOfIt) {
  ops::v1::ListParkedEventsRequest request, same, other;
  request.set_type("a");
  same = other = request;
  same.set_page_size(7);
  same.set_page_token("x");
  same.set_include_details(true);
  other.set_state(ops::v1::ParkedEvent::STATE_VOID);
  EXPECT_EQ(QueryOf(request), QueryOf(same));
  EXPECT_NE(QueryOf(request), QueryOf(other));
  EXPECT_NE(QueryOf(ops::v1::ListLanesRequest()), QueryOf(ops::v1::ListParkedEventsRequest()));
}

TEST(PageTest, SizeHasADefaultAndALimit) {
  base::Violations violations;
  EXPECT_EQ(ReadPageSize(0, violations), 50);
  EXPECT_EQ(ReadPageSize(7, violations), 7);
  EXPECT_EQ(ReadPageSize(1001, violations), 1000);
  EXPECT_TRUE(violations.empty());
  ReadPageSize(-1, violations);
  EXPECT_THAT(violations.list(), testing::SizeIs(1));
}

}  // namespace
}  // namespace tally::rpc
