#include "client/calls/token_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "tests/testkit/eventually.h"
#include "tests/testkit/temp_dir.h"

namespace tally::client {
namespace {

using testing::ElementsAre;
using testing::Field;
using testing::HasSubstr;
using testing::Not;

class TokenFileTest : public testing::Test {
 protected:
  void Write(const std::string& content) const { std::ofstream(path_) << content; }

  const testkit::TempDir dir_;
  const std::string path_ = dir_.File("token");
  base::Violations problems_;
};

TEST_F(TokenFileTest, TellsWhatTheFileHoldsAndThenWhatItHoldsNext) {
  Write("  first.to-ken_1.x\n");
  const auto file = TokenFile::Open(path_, problems_);
  ASSERT_NE(file, nullptr);
  EXPECT_EQ(file->Token(), "first.to-ken_1.x");
  Write("second");
  EXPECT_EVENTUALLY(file->Token() == "second", testkit::kPatience);
}

TEST_F(TokenFileTest, KeepsTheTokenWhileTheFileHoldsNone) {
  Write("first");
  const auto file = TokenFile::Open(path_, problems_);
  ASSERT_NE(file, nullptr);
  const absl::Time later = absl::Now() + absl::Milliseconds(2'500);
  Write("no token\r\nevil: header");
  EXPECT_EVENTUALLY(file->Token() != "first" || absl::Now() > later, testkit::kPatience);
  EXPECT_EQ(file->Token(), "first");
  std::filesystem::remove(path_);
  EXPECT_EQ(file->Token(), "first");
}

TEST_F(TokenFileTest, SaysWhatIsWrongAndRepeatsNoSecret) {
  EXPECT_EQ(TokenFile::Open(path_, problems_), nullptr);
  Write(" \n");
  EXPECT_EQ(TokenFile::Open(path_, problems_), nullptr);
  EXPECT_EQ(TokenFile::Open("eyAiYWxn.eyJz.c2ln", problems_), nullptr);
  const auto is_problem = [](const auto& description) {
    return testing::AllOf(Field(&base::Violation::field, "--token_file"),
                          Field(&base::Violation::description, description));
  };
  EXPECT_THAT(problems_.list(), ElementsAre(is_problem(HasSubstr("cannot be read")),
                                            is_problem(HasSubstr("holds no JSON Web Token")),
                                            is_problem(Not(HasSubstr("ey")))));
}

}  // namespace
}  // namespace tally::client
