#include <fstream>
#include <iterator>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/e2e/tally.h"
#include "tests/testkit/status_matchers.h"
#include "tests/testkit/temp_dir.h"

namespace tally::e2e {
namespace {

constexpr char kSource[] = TALLY_E2E_DIR "/../..";
constexpr char kReadmeHeading[] = "\n## From Python, or any other language\n";

// The first code block of a language after a heading of a page.
std::string CodeIn(const std::string& page, const std::string& heading,
                   const std::string& language) {
  std::ifstream file(absl::StrCat(kSource, "/", page));
  const std::string text(std::istreambuf_iterator<char>(file), {});
  const std::string fence = absl::StrCat("\n```", language, "\n");
  const size_t begin = text.find(fence, text.find(heading)) + fence.size();
  return text.substr(begin, text.find("\n```\n", begin) + 1 - begin);
}

// The commands of the README in an empty folder with the protos, without what installs packages.
std::string ReadmeCommands(const std::string& dir) {
  std::vector<std::string> lines = {"set -e", "cd " + dir,
                                    absl::StrCat("cp -r ", kSource, "/protos .")};
  for (const absl::string_view line :
       absl::StrSplit(CodeIn("README.md", kReadmeHeading, "sh"), '\n')) {
    if (!absl::StartsWith(line, "sudo apt-get ")) lines.emplace_back(line);
  }
  return absl::StrJoin(lines, "\n");
}

// Runs `code` as the README runs its first client.
absl::StatusOr<Ended> RunPython(const System& system, const std::string& code) {
  const testkit::TempDir dir;
  std::ofstream(dir.File("first_order.py")) << code;
  return RunToEnd({"env", "ORDERS=" + system.orders().address(),
                   "ACTIVITY=" + system.activity().address(), "bash", "-c",
                   ReadmeCommands(dir.path())});
}

TEST(ForeignClientTest, TheClientOfTheReadmeDoesWhatItSays) {
  ASSERT_OK_AND_ASSIGN(const auto system, System::Start());
  ASSERT_OK_AND_ASSIGN(const Ended client,
                       RunPython(*system, CodeIn("README.md", kReadmeHeading, "python")));
  EXPECT_EQ(client.exit_code, 0) << client.err;
  EXPECT_THAT(client.out, testing::MatchesRegex("placed [0-9a-f-]+ 7 GBP\n"
                                                "orders today: 1\n"
                                                "[^ ]+Z [0-9a-f-]+ TEA-250\n"));
}

TEST(ForeignClientTest, TheStreamsOfTheClientsPageDoWhatItSays) {
  ASSERT_OK_AND_ASSIGN(const auto system, System::Start());
  ASSERT_OK_AND_ASSIGN(
      const Ended client,
      RunPython(*system,
                absl::StrCat(CodeIn("README.md", kReadmeHeading, "python"),
                             CodeIn("docs/clients.md", "\n## In bulk\n", "python"),
                             CodeIn("docs/clients.md", "\n## Following a day\n", "python"))));
  EXPECT_EQ(client.exit_code, 0) << client.err;
  EXPECT_THAT(client.out, testing::HasSubstr("\nevery order is answered\n"));
  EXPECT_THAT(client.out, testing::EndsWith("\n1001 orders so far\n"));
}

TEST(ForeignClientTest, TheServiceConfigRetriesWhatPassesAndUsesAllInstances) {
  ASSERT_OK_AND_ASSIGN(const Ended client,
                       RunToEnd({"/usr/bin/python3", TALLY_E2E_DIR "/service_config_client.py",
                                 absl::StrCat(kSource, "/protos/tally/service_config.json")}));
  EXPECT_EQ(client.exit_code, 0) << client.err;
}

}  // namespace
}  // namespace tally::e2e
