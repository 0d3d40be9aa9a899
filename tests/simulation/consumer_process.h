#pragma once

#include <memory>
#include <string>
#include <vector>

#include "common/db/database.h"
#include "common/inbox/consumer.h"
#include "common/inbox/errands.h"
#include "common/inbox/fetcher.h"
#include "common/inbox/healer.h"
#include "common/inbox/healing_store.h"
#include "common/inbox/horizon.h"
#include "common/inbox/inbox.h"
#include "common/inbox/inbox_store.h"
#include "common/inbox/letter_retrier.h"
#include "common/inbox/producer.h"
#include "common/telemetry/telemetry.h"
#include "tests/simulation/counting_handler.h"
#include "tests/simulation/process.h"

namespace tally::simulation {

inline constexpr char kConsumer[] = "simulated_counter";

// A service that consumes: what Subscription makes threads of, to be stepped one by one.
class ConsumerProcess final : public Process {
 public:
  ConsumerProcess(const std::string& name, const std::vector<std::string>& sources,
                  const std::string& database_id, db::Database& database, const bool& mended,
                  Network& network);

  void Stop() override;
  void Report(Sightings& sightings) override;
  // Up to when it claims to have counted everything.
  absl::Time as_of() const { return horizon_.Get().as_of; }

 private:
  inbox::InboxOptions Options();
  absl::Duration Heal();

  Scene& scene_;
  telemetry::Telemetry telemetry_;
  CountingHandler handler_;
  inbox::InboxStore store_;
  inbox::HealingStore healing_;
  inbox::Errands errands_;
  std::function<void()> wake_consumer_;
  std::function<void()> wake_healer_;
  inbox::Inbox inbox_;
  inbox::Inbox healing_inbox_;
  inbox::LetterRetrier letters_;
  std::vector<inbox::Producer> producers_;
  std::vector<inbox::Fetcher> fetchers_;
  inbox::Horizon horizon_;
  inbox::Consumer consumer_;
  inbox::Healer healer_;
};

}  // namespace tally::simulation
