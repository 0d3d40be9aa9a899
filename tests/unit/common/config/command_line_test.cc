#include "common/config/command_line.h"

#include <cstdlib>
#include <fstream>
#include <map>

#include "absl/flags/flag.h"
#include "absl/flags/reflection.h"
#include "common/config/database_url.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/testkit/temp_dir.h"

ABSL_FLAG(int, width, 7, "Width of something.");
ABSL_FLAG(bool, quiet, false, "Says less.");
ABSL_FLAG(std::string, title, "", "A title.");
ABSL_FLAG(tally::config::DatabaseUrl, vault, {}, "A database with a secret in its name.");

namespace tally::config {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

class CommandLineTest : public testing::Test {
 protected:
  ~CommandLineTest() override {
    for (const auto& [name, value] : variables_) unsetenv(name.c_str());
  }

  void SetVariable(const std::string& name, const std::string& value) {
    variables_[name] = value;
    setenv(name.c_str(), value.c_str(), 1);
  }

  std::string WriteFile(const std::string& name, const std::string& content) {
    const std::string path = folder_.path() + "/" + name;
    std::ofstream(path) << content;
    return path;
  }

  CommandLine ParseWords(std::vector<std::string> words) {
    words.insert(words.begin(), "program");
    std::vector<const char*> argv;
    for (const std::string& word : words) argv.push_back(word.c_str());
    return Parse(static_cast<int>(argv.size()), argv.data(), program_, problems_);
  }

  std::vector<std::string> ProblemFields() const {
    std::vector<std::string> fields;
    for (const base::Violation& problem : problems_.list()) fields.push_back(problem.field);
    return fields;
  }

  absl::FlagSaver saver_;
  testkit::TempDir folder_;
  Program program_{.name = "program", .summary = "Does a thing."};
  base::Violations problems_;

 private:
  std::map<std::string, std::string> variables_;
};

TEST_F(CommandLineTest, TakesEveryFormOfAFlag) {
  EXPECT_THAT(ParseWords({"one", "--width=9", "--quiet", "-title", "a b", "--", "--two"}).arguments,
              ElementsAre("one", "--two"));
  EXPECT_THAT(ProblemFields(), IsEmpty());
  EXPECT_EQ(absl::GetFlag(FLAGS_width), 9);
  EXPECT_TRUE(absl::GetFlag(FLAGS_quiet));
  EXPECT_EQ(absl::GetFlag(FLAGS_title), "a b");
  ParseWords({"--noquiet", "--title=x=y"});
  EXPECT_FALSE(absl::GetFlag(FLAGS_quiet));
  EXPECT_EQ(absl::GetFlag(FLAGS_title), "x=y");
}

TEST_F(CommandLineTest, PrefersCommandLineThenEnvironmentThenFileThenDefault) {
  program_.defaults = {{"width", "1"}};
  ParseWords({});
  EXPECT_EQ(absl::GetFlag(FLAGS_width), 1);
  SetVariable("TALLY_WIDTH_FILE", WriteFile("width", "2\n"));
  ParseWords({});
  EXPECT_EQ(absl::GetFlag(FLAGS_width), 2);
  SetVariable("TALLY_WIDTH", "3");
  ParseWords({});
  EXPECT_EQ(absl::GetFlag(FLAGS_width), 3);
  ParseWords({"--width=4"});
  EXPECT_EQ(absl::GetFlag(FLAGS_width), 4);
  EXPECT_THAT(ProblemFields(), IsEmpty());
}

TEST_F(CommandLineTest, KeepsASecretFromAFileAsItIsButForTheLineEnd) {
  SetVariable("TALLY_TITLE_FILE", WriteFile("title", " s3cret with = and blanks \r\n\n"));
  ParseWords({});
  EXPECT_EQ(absl::GetFlag(FLAGS_title), " s3cret with = and blanks ");
}

TEST_F(CommandLineTest, ReadsFlagFilesInPlace) {
  const std::string path =
      WriteFile("flags", "# comment\n\n--width=5\n  --quiet\r\n--title=from file\n");
  ParseWords({"--title=before", "--flagfile=" + path, "--width=6"});
  EXPECT_THAT(ProblemFields(), IsEmpty());
  EXPECT_EQ(absl::GetFlag(FLAGS_width), 6);
  EXPECT_TRUE(absl::GetFlag(FLAGS_quiet));
  EXPECT_EQ(absl::GetFlag(FLAGS_title), "from file");
}

TEST_F(CommandLineTest, StopsAFlagFileThatNamesItself) {
  const std::string path = WriteFile("loop", "--flagfile=" + folder_.path() + "/loop\n");
  ParseWords({"--flagfile=" + path});
  EXPECT_THAT(ProblemFields(), ElementsAre("--flagfile"));
}

TEST_F(CommandLineTest, ListsAllThatIsWrongAtOnce) {
  SetVariable("TALLY_QUIET", "perhaps");
  SetVariable("TALLY_TITLE_FILE", folder_.path() + "/absent");
  SetVariable("TALLY_WIDHT", "3");
  ParseWords({"--width=wide", "--tilte=x", "--nothing_like_it", "--flagfile=/absent", "--vault"});
  EXPECT_THAT(ProblemFields(),
              ElementsAre("--width", "--tilte", "--nothing_like_it", "--flagfile", "--vault",
                          "TALLY_QUIET", "TALLY_TITLE_FILE", "TALLY_WIDHT"));
  const std::string text = Describe(program_, problems_);
  EXPECT_THAT(text, HasSubstr("program: 8 settings are wrong"));
  EXPECT_THAT(text, HasSubstr("did you mean --title?"));
  EXPECT_THAT(text, HasSubstr("did you mean TALLY_WIDTH?"));
}

TEST_F(CommandLineTest, IgnoresVariablesThatKubernetesMakes) {
  SetVariable("TALLY_ORDERS_SERVICE_HOST", "10.0.0.1");
  SetVariable("TALLY_ORDERS_PORT", "tcp://10.0.0.1:7070");
  ParseWords({});
  EXPECT_THAT(ProblemFields(), IsEmpty());
}

TEST_F(CommandLineTest, NeverRepeatsAValueInAProblem) {
  SetVariable("TALLY_VAULT", "mysql://user:hunter2@host/db");
  ParseWords({"--width=hunter2"});
  const std::string text = Describe(program_, problems_);
  EXPECT_THAT(ProblemFields(), ElementsAre("--width", "TALLY_VAULT"));
  EXPECT_THAT(text, Not(HasSubstr("hunter2")));
  EXPECT_THAT(text, HasSubstr("TALLY_VAULT: must be sqlite:PATH"));
}

TEST_F(CommandLineTest, HelpNamesEveryFlagItsVariableAndItsDefault) {
  program_.defaults = {{"title", "standard"}};
  SetVariable("TALLY_TITLE", "private");
  const std::optional<std::string> help = ParseWords({"--help", "--title=other"}).answer;
  ASSERT_TRUE(help.has_value());
  EXPECT_THAT(*help, HasSubstr("Does a thing."));
  EXPECT_THAT(*help,
              HasSubstr("--width  (TALLY_WIDTH)\n      Width of something.\n      Default: 7"));
  EXPECT_THAT(*help, HasSubstr("Default: standard"));
  EXPECT_THAT(*help, Not(HasSubstr("private")));
}

TEST_F(CommandLineTest, TellsItsVersion) {
  EXPECT_EQ(ParseWords({"--version"}).answer, "program " TALLY_VERSION "\n");
}

}  // namespace
}  // namespace tally::config
