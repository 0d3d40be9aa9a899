#include "client/arguments.h"

#include "absl/flags/flag.h"
#include "absl/strings/str_cat.h"
#include "client/flags.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace tally::client {
namespace {

using testing::ElementsAre;
using Words = std::vector<std::string>;

const Command& PlaceCommand() {
  static const auto& command = *new Command{.name = "place",
                                            .arguments = "",
                                            .summary = "",
                                            .details = "",
                                            .flags = {"customer", "line", "newest_first"},
                                            .run = nullptr};
  return command;
}

Words WrongFlags(const Words& words) {
  base::Violations problems;
  CheckFlagsOf(PlaceCommand(), words, problems);
  Words flags;
  for (const base::Violation& problem : problems.list()) flags.push_back(problem.field);
  return flags;
}

TEST(MergeRepeatedTest, JoinsTheValuesOfOneFlagInOrder) {
  EXPECT_THAT(
      MergeRepeated({"place", "--line=a", "--customer=c", "--line", "b", "-line=c"}, "line"),
      ElementsAre("--line=a\nb\nc", "place", "--customer=c"));
}

TEST(MergeRepeatedTest, LeavesOtherWordsAlone) {
  const Words words = {"list", "--lines=3", "line", "--limit", "5"};
  EXPECT_EQ(MergeRepeated(words, "line"), words);
}

TEST(MergeRepeatedTest, LeavesAFlagWithoutValueToBeRefused) {
  EXPECT_THAT(MergeRepeated({"place", "--line=a", "--line"}, "line"),
              ElementsAre("--line=a", "place", "--line"));
}

TEST(MergeRepeatedTest, LeavesWhatFollowsTheEndOfFlags) {
  EXPECT_THAT(MergeRepeated({"place", "--", "--line=a"}, "line"),
              ElementsAre("place", "--", "--line=a"));
}

TEST(CompleteLoneTest, GivesALoneFlagItsValueAndTakesNoWordForOne) {
  EXPECT_THAT(
      CompleteLone({"place", "--wait", "5s", "--waiting", "-wait", "--", "--wait"}, "wait", "10s"),
      ElementsAre("place", "--wait=10s", "5s", "--waiting", "-wait=10s", "--", "--wait"));
  EXPECT_THAT(CompleteLone({"place", "--wait=1s"}, "wait", "10s"),
              ElementsAre("place", "--wait=1s"));
}

TEST(CheckFlagsOfTest, AcceptsTheCommandsOwnAndGlobalFlags) {
  EXPECT_THAT(WrongFlags({"--customer=a", "--json", "-line=b", "--orders", "h:1", "--nojson",
                          "--nonewest_first", "x"}),
              ElementsAre());
}

TEST(CheckFlagsOfTest, NamesEachFlagOfAnotherCommand) {
  // Named by the flag itself: a program has only flags that it refers to.
  const std::string rate = absl::StrCat("--", absl::GetFlagReflectionHandle(FLAGS_rate).Name());
  EXPECT_THAT(WrongFlags({absl::StrCat(rate, "=5"), "--customer=a", "--csv", "f"}),
              ElementsAre(rate, "--csv"));
}

TEST(AsksForHelpTest, SeesHelpAnywhereBeforeTheEndOfFlags) {
  EXPECT_TRUE(AsksForHelp({"place", "--help"}));
  EXPECT_FALSE(AsksForHelp({"place", "help"}));
  EXPECT_FALSE(AsksForHelp({"place", "--", "--help"}));
}

}  // namespace
}  // namespace tally::client
