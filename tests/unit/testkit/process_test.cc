#include "tests/testkit/process.h"

#include <unistd.h>

#include <fstream>
#include <thread>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/testkit/eventually.h"

namespace tally::testkit {
namespace {

using ::testing::HasSubstr;

std::unique_ptr<Process> Shell(const std::string& script, Process::Spec spec = {}) {
  spec.argv = {"sh", "-c", script};
  return Process::Start(std::move(spec)).value();
}

// A zombie that nobody has waited for yet is gone too: a container's init may take its time.
bool Gone(const std::string& pid) {
  std::ifstream file(absl::StrCat("/proc/", pid, "/stat"));
  std::string number, name, state;
  return !(file >> number >> name >> state) || state == "Z" || state == "X";
}

std::string PidAfter(absl::string_view prefix, Process& process) {
  return process.WaitForLine(prefix, absl::Seconds(30)).value().substr(prefix.size());
}

TEST(ProcessTest, ReturnsExitCodeAndBothOutputs) {
  auto process = Shell("echo out; echo err >&2; exit 7");
  EXPECT_EQ(process->Wait(absl::Seconds(30)).value(), 7);
  EXPECT_EQ(process->Stdout(), "out\n");
  EXPECT_EQ(process->Stderr(), "err\n");
  EXPECT_FALSE(process->Running());
  EXPECT_EQ(process->Signal(SIGTERM).code(), absl::StatusCode::kFailedPrecondition);
}

TEST(ProcessTest, RunsInTheGivenFolderAndEnvironment) {
  const TempDir dir;
  Process::Spec spec;
  spec.cwd = dir.path();
  spec.env = {{"NOTCH", "3"}};
  auto process = Shell("pwd; echo $NOTCH", spec);
  ASSERT_EQ(process->Wait(absl::Seconds(30)).value(), 0);
  EXPECT_EQ(process->Stdout(), absl::StrCat(dir.path(), "\n3\n"));
}

TEST(ProcessTest, RunsAsAnotherUserWhenTheTestIsRoot) {
  if (geteuid() != 0) return;
  Process::Spec spec;
  spec.user = "nobody";
  auto process = Shell("id -un", spec);
  ASSERT_EQ(process->Wait(absl::Seconds(30)).value(), 0);
  EXPECT_EQ(process->Stdout(), "nobody\n");
}

TEST(ProcessTest, NamesTheProgramThatDoesNotExist) {
  const auto process = Process::Start({.argv = {"/no/such/program"}});
  ASSERT_FALSE(process.ok());
  EXPECT_THAT(process.status().message(), HasSubstr("/no/such/program"));
}

TEST(ProcessTest, WaitsForALineAndReturnsAllOfIt) {
  auto process = Shell("echo starting; echo ready 127.0.0.1:7; sleep 600");
  EXPECT_EQ(process->WaitForLine("ready ", absl::Seconds(30)).value(), "ready 127.0.0.1:7");
}

TEST(ProcessTest, ShowsTheOutputOfAProcessThatEndsBeforeItsLine) {
  auto process = Shell("echo the flag is wrong >&2; exit 2");
  const auto line = process->WaitForLine("ready ", absl::Seconds(600));
  EXPECT_EQ(line.status().code(), absl::StatusCode::kAborted);
  EXPECT_THAT(line.status().message(), HasSubstr("the flag is wrong"));
}

TEST(ProcessTest, WaitIsBounded) {
  auto process = Shell("sleep 600");
  EXPECT_EQ(process->Wait(absl::Milliseconds(20)).status().code(),
            absl::StatusCode::kDeadlineExceeded);
  EXPECT_TRUE(process->Running());
}

TEST(ProcessTest, KillTakesTheWholeGroup) {
  auto process = Shell("sleep 600 & echo child $!; wait");
  const std::string child = PidAfter("child ", *process);
  process->Kill();
  EXPECT_EQ(process->Wait(absl::ZeroDuration()).value(), 128 + SIGKILL);
  EXPECT_EVENTUALLY(Gone(child), absl::Seconds(30));
}

TEST(ProcessTest, StoppedProcessDoesNothingUntilContinued) {
  auto process = Shell("trap 'echo heard' TERM; echo ready; while :; do sleep 0.01; done");
  ASSERT_TRUE(process->WaitForLine("ready", absl::Seconds(30)).ok());
  ASSERT_TRUE(process->Signal(SIGSTOP).ok());
  ASSERT_TRUE(process->Signal(SIGTERM).ok());
  EXPECT_FALSE(process->WaitForLine("heard", absl::Milliseconds(100)).ok());
  ASSERT_TRUE(process->Signal(SIGCONT).ok());
  EXPECT_TRUE(process->WaitForLine("heard", absl::Seconds(30)).ok());
}

TEST(ProcessTest, DestructorLeavesNothingRunning) {
  std::string pid, child;
  {
    auto process = Shell("sleep 600 & echo child $!; wait");
    pid = std::to_string(process->pid());
    child = PidAfter("child ", *process);
    ASSERT_FALSE(Gone(pid));
  }
  EXPECT_TRUE(Gone(pid));
  EXPECT_EVENTUALLY(Gone(child), absl::Seconds(30));
}

TEST(ProcessTest, DiesWithTheThreadThatStartedIt) {
  std::unique_ptr<Process> process;
  std::thread([&] { process = Shell("sleep 600"); }).join();
  EXPECT_EQ(process->Wait(absl::Seconds(30)).value(), 128 + SIGKILL);
}

}  // namespace
}  // namespace tally::testkit
