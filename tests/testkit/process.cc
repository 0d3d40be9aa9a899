#include "tests/testkit/process.h"

#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "tests/testkit/eventually.h"

extern char** environ;

namespace tally::testkit {
namespace {

constexpr size_t kTailBytes = 4000;

// All that the child needs, prepared before the fork: between fork and exec nothing may be
// allocated.
struct Launch {
  std::vector<char*> argv;
  std::vector<char*> envp;
  const char* cwd = nullptr;
  std::optional<passwd> user;
  std::string user_strings;
  int signal_at_test_death;
  pid_t parent;
  int stdin_fd, stdout_fd, stderr_fd, failure_fd;
};

std::string ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::string Tail(const std::string& text) {
  return text.size() <= kTailBytes ? text
                                   : absl::StrCat("[…]", text.substr(text.size() - kTailBytes));
}

std::vector<std::string> Environment(const std::map<std::string, std::string>& added) {
  std::vector<std::string> result;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string name = std::string(*entry).substr(0, std::strcspn(*entry, "="));
    if (!added.contains(name)) result.push_back(*entry);
  }
  for (const auto& [name, value] : added) result.push_back(absl::StrCat(name, "=", value));
  return result;
}

std::vector<char*> Pointers(const std::vector<std::string>& strings) {
  std::vector<char*> result;
  for (const std::string& text : strings) result.push_back(const_cast<char*>(text.c_str()));
  result.push_back(nullptr);
  return result;
}

absl::Status FindUser(const std::string& name, Launch& launch) {
  launch.user_strings.resize(16384);
  launch.user.emplace();
  passwd* found = nullptr;
  const int error = getpwnam_r(name.c_str(), &*launch.user, launch.user_strings.data(),
                               launch.user_strings.size(), &found);
  if (found == nullptr)
    return absl::NotFoundError(absl::StrCat("user ", name, ": ", std::strerror(error)));
  return absl::OkStatus();
}

bool BecomeUser(const passwd& user) {
  return setgroups(1, &user.pw_gid) == 0 && setgid(user.pw_gid) == 0 && setuid(user.pw_uid) == 0;
}

// Runs in the forked child: async-signal-safe calls only.
[[noreturn]] void Exec(const Launch& launch) {
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  signal(SIGPIPE, SIG_DFL);
  // The death signal comes after the change of user, which clears it.
  const bool ready = setpgid(0, 0) == 0 && dup2(launch.stdin_fd, 0) == 0 &&
                     dup2(launch.stdout_fd, 1) == 1 && dup2(launch.stderr_fd, 2) == 2 &&
                     (!launch.user || BecomeUser(*launch.user)) &&
                     (launch.cwd == nullptr || chdir(launch.cwd) == 0) &&
                     prctl(PR_SET_PDEATHSIG, launch.signal_at_test_death) == 0;
  if (ready && getppid() == launch.parent) {
    // Sockets that a library opened without close-on-exec must not stay open here.
    close_range(3, ~0U, CLOSE_RANGE_CLOEXEC);
    execvpe(launch.argv[0], launch.argv.data(), launch.envp.data());
  }
  const int error = errno;
  if (write(launch.failure_fd, &error, sizeof(error)) < 0) _exit(126);
  _exit(127);
}

}  // namespace

absl::StatusOr<std::unique_ptr<Process>> Process::Start(Spec spec) {
  std::unique_ptr<Process> process(new Process(std::move(spec)));
  if (absl::Status status = process->Fork(); !status.ok()) return status;
  return process;
}

Process::Process(Spec spec) : spec_(std::move(spec)) {}

Process::~Process() {
  Kill();
  if (pidfd_ >= 0) close(pidfd_);
}

absl::Status Process::Fork() {
  Launch launch;
  const std::vector<std::string> environment = Environment(spec_.env);
  launch.argv = Pointers(spec_.argv);
  launch.envp = Pointers(environment);
  if (!spec_.cwd.empty()) launch.cwd = spec_.cwd.c_str();
  if (!spec_.user.empty()) {
    if (absl::Status found = FindUser(spec_.user, launch); !found.ok()) return found;
  }
  launch.signal_at_test_death = spec_.signal_at_test_death;
  launch.parent = getpid();
  int failure[2];
  if (pipe2(failure, O_CLOEXEC) != 0) return absl::ErrnoToStatus(errno, "pipe");
  launch.stdin_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
  launch.stdout_fd =
      open(output_.File("stdout").c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  launch.stderr_fd =
      open(output_.File("stderr").c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  launch.failure_fd = failure[1];
  const pid_t child = fork();
  if (child == 0) Exec(launch);
  const int fork_error = errno;
  for (const int fd : {launch.stdin_fd, launch.stdout_fd, launch.stderr_fd, failure[1]}) close(fd);
  int error = 0;
  const bool failed = child < 0 || read(failure[0], &error, sizeof(error)) > 0;
  close(failure[0]);
  if (child < 0) return absl::ErrnoToStatus(fork_error, "fork");
  pid_ = child;
  pidfd_ =
      static_cast<int>(syscall(SYS_pidfd_open, child, 0));  // glibc 2.36 declares it for C only.
  if (failed) {
    Reap();
    return absl::ErrnoToStatus(error, absl::StrCat("cannot run ", spec_.argv[0]));
  }
  return absl::OkStatus();
}

bool Process::Running() { return !exit_code_ && !Wait(absl::ZeroDuration()).ok(); }

absl::Status Process::Signal(int signal) {
  if (!Running()) return absl::FailedPreconditionError(absl::StrCat("has ended: ", Describe()));
  return kill(pid_, signal) == 0 ? absl::OkStatus() : absl::ErrnoToStatus(errno, "kill");
}

void Process::Kill() {
  if (pid_ < 0 || exit_code_) return;
  Reap();
}

absl::StatusOr<int> Process::Wait(absl::Duration timeout) {
  const absl::Time deadline = absl::Now() + timeout;
  while (!exit_code_) {
    pollfd ended{pidfd_, POLLIN, 0};
    const timespec left = absl::ToTimespec(std::max(deadline - absl::Now(), absl::ZeroDuration()));
    const int ready = ppoll(&ended, 1, &left, nullptr);
    if (ready == 0) {
      return absl::DeadlineExceededError(
          absl::StrCat("runs after ", absl::FormatDuration(timeout), ": ", Describe()));
    }
    if (ready > 0) Reap();
  }
  return *exit_code_;
}

// The group is killed before its leader is waited for: until then the number cannot belong to
// anyone else.
void Process::Reap() {
  kill(-pid_, SIGKILL);
  int status = 0;
  while (waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
  }
  exit_code_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

absl::StatusOr<std::string> Process::WaitForLine(absl::string_view prefix, absl::Duration timeout) {
  std::optional<std::string> found;
  bool running = true;
  Eventually(timeout, [&] {
    running = Running();  // Asked first: what it wrote before it ended must be seen.
    const std::string text = Stdout();
    std::vector<std::string> lines = absl::StrSplit(text, '\n');
    lines.pop_back();  // Empty, or not yet complete.
    for (const std::string& line : lines) {
      if (!found && absl::StartsWith(line, prefix)) found = line;
    }
    return found || !running;
  });
  if (found) return *found;
  const absl::string_view fault = running ? "no line in time" : "ended without a line";
  return absl::Status(running ? absl::StatusCode::kDeadlineExceeded : absl::StatusCode::kAborted,
                      absl::StrCat(fault, " that starts with '", prefix, "': ", Describe()));
}

std::string Process::Stdout() const { return ReadFile(output_.File("stdout")); }
std::string Process::Stderr() const { return ReadFile(output_.File("stderr")); }

std::string Process::Describe() const {
  return absl::StrCat(spec_.argv[0], " (pid ", pid_, ")\n--- stdout\n", Tail(Stdout()),
                      "\n--- stderr\n", Tail(Stderr()));
}

}  // namespace tally::testkit
