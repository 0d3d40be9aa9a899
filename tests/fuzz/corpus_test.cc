// Every kept input goes through its target again: those that once broke something, and those that
// fuzzing found to reach what no other does.

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <set>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "tests/fuzz/targets.h"

namespace tally::fuzz {
namespace {

namespace fs = std::filesystem;

std::string Read(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  EXPECT_TRUE(file.is_open()) << path;
  return {std::istreambuf_iterator<char>(file), {}};
}

std::vector<fs::path> InputsOf(const Target& target) {
  std::vector<fs::path> inputs;
  for (const auto& entry : fs::directory_iterator(fs::path(TALLY_FUZZ_CORPUS) / target.name)) {
    inputs.push_back(entry.path());
  }
  std::sort(inputs.begin(), inputs.end());
  return inputs;
}

class CorpusTest : public testing::TestWithParam<Target> {};

TEST_P(CorpusTest, HoldsWhatIsTrueOfEveryInput) {
  const std::vector<fs::path> inputs = InputsOf(GetParam());
  ASSERT_FALSE(inputs.empty());
  for (const fs::path& input : inputs) {
    // A broken promise ends the process: the last file named is the one.
    std::cout << input.filename().native() << std::endl;
    GetParam().run(Read(input));
  }
  GetParam().run("");
}

INSTANTIATE_TEST_SUITE_P(EveryTarget, CorpusTest, testing::ValuesIn(kTargets),
                         [](const auto& target) { return std::string(target.param.name); });

TEST(CorpusTest, EveryFolderIsATarget) {
  std::set<std::string> folders, targets;
  for (const auto& entry : fs::directory_iterator(TALLY_FUZZ_CORPUS)) {
    folders.insert(entry.path().filename());
  }
  for (const Target& target : kTargets) targets.insert(target.name);
  EXPECT_EQ(folders, targets);
}

}  // namespace
}  // namespace tally::fuzz
