#include "tests/testkit/temp_dir.h"

#include <filesystem>
#include <fstream>

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

TEST(TempDirTest, RemovesWhatAKilledTestLeftButNotWhatIsInUse) {
  const TempDir used;
  const std::string abandoned =
      std::filesystem::path(used.path()).parent_path() / "tallystick-test-abandoned";
  std::filesystem::create_directories(abandoned + "/data");
  const TempDir next;
  EXPECT_FALSE(std::filesystem::exists(abandoned));
  EXPECT_TRUE(std::filesystem::exists(used.path()));
}

}  // namespace
}  // namespace tally::testkit
