#include "tests/testkit/temp_dir.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>

#include "gtest/gtest.h"

namespace tally::testkit {
namespace {

TEST(TempDirTest, IsRemovedWithAllThatIsInIt) {
  std::string path;
  {
    const TempDir dir;
    path = dir.path();
    std::filesystem::create_directories(dir.File("a/b"));
    std::ofstream(dir.File("a/b/file")) << "text";
    ASSERT_TRUE(std::filesystem::exists(dir.File("a/b/file")));
  }
  EXPECT_FALSE(std::filesystem::exists(path));
}

// In a $TMPDIR of its own: tests that run beside this one clean up too.
class TempDirCleaningTest : public testing::Test {
 protected:
  void SetUp() override {
    if (const char* before = std::getenv("TMPDIR")) before_ = before;
    setenv("TMPDIR", parent_.path().c_str(), 1);
  }
  void TearDown() override { before_ ? setenv("TMPDIR", before_->c_str(), 1) : unsetenv("TMPDIR"); }

  const TempDir parent_;
  std::optional<std::string> before_;
};

TEST_F(TempDirCleaningTest, RemovesWhatAKilledTestLeftButNotWhatIsInUse) {
  const TempDir used;
  const std::string abandoned = parent_.File("tallystick-test-abandoned");
  std::filesystem::create_directories(abandoned + "/data");
  const TempDir next;
  EXPECT_FALSE(std::filesystem::exists(abandoned));
  EXPECT_TRUE(std::filesystem::exists(used.path()));
}

}  // namespace
}  // namespace tally::testkit
