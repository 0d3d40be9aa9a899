#include "absl/flags/flag.h"
#include "absl/synchronization/notification.h"
#include "common/base/status_macros.h"
#include "common/base/wake_up.h"
#include "common/rpc/service_host.h"
#include "tests/integration/rpc/test_service.h"

ABSL_FLAG(int, lucky_number, 7, "1 to 9.");
ABSL_FLAG(bool, hang, false, "Never end.");

namespace tally::rpc::testing {
namespace {

absl::Status Run(ServiceHost& host) {
  const int lucky_number = absl::GetFlag(FLAGS_lucky_number);
  if (lucky_number < 1 || lucky_number > 9) host.problems().Add("--lucky_number", "must be 1 to 9");
  RETURN_IF_ERROR(host.CheckSettings());

  Service service(host.telemetry());
  // Ends only once the process has begun to stop.
  service.on_read = [&](Call&) {
    base::WakeUp look;
    while (host.telemetry().health.Ready().ok()) look.WaitFor(absl::Milliseconds(10));
    return absl::OkStatus();
  };
  RETURN_IF_ERROR(host.Serve({service}));
  if (absl::GetFlag(FLAGS_hang)) absl::Notification().WaitForNotification();
  return absl::OkStatus();
}

}  // namespace
}  // namespace tally::rpc::testing

int main(int argc, char** argv) {
  return tally::rpc::RunService(argc, argv, {.name = "host_under_test", .summary = "Serves tests."},
                                tally::rpc::testing::Run);
}
