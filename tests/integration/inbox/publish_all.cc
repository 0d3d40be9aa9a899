#include "tests/integration/inbox/publish_all.h"

#include <cstdint>
#include <map>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/base/clock.h"
#include "common/base/uuid_v7_source.h"
#include "common/base/wake_up.h"

namespace tally::inbox {

bool PublishAll(bus::Bus& bus, const std::vector<bus::Message>& messages, absl::Duration patience) {
  base::SystemClock clock;
  const std::string run = base::UuidV7Source(clock).Next().ToString();
  base::WakeUp wake_up;
  const auto publisher = bus.NewPublisher({.waker = [&] { wake_up.Set(); }});
  std::map<uint64_t, bool> open;  // whether it was sent
  for (uint64_t i = 0; i < messages.size(); ++i) open[i] = false;
  const absl::Time deadline = absl::Now() + patience;
  while (!open.empty() && absl::Now() < deadline) {
    for (auto& [token, sent] : open) {
      if (sent) continue;
      sent = publisher->Publish(token, messages[token], absl::StrCat(run, "/", token)).ok();
      if (!sent) break;
    }
    publisher->Flush();
    wake_up.WaitFor(absl::Milliseconds(100));
    for (const bus::PublishResult& result : publisher->TakeResults()) {
      if (result.outcome == bus::PublishOutcome::kUnavailable) {
        open[result.token] = false;
      } else {
        open.erase(result.token);
      }
    }
  }
  return open.empty();
}

}  // namespace tally::inbox
