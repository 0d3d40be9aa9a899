#pragma once

#include <string>

#include "common/inbox/event_handler.h"
#include "tests/simulation/ledger.h"

namespace tally::simulation {

// Beyond what the simulated bus takes.
inline constexpr int64_t kMaxPayload = 1000;

std::string TypeOf(NoteKind kind);
// The note's key, after what makes its event fail, and before what makes it large.
std::string PayloadOf(const Note& note);

// Counts notes, each as often as it comes.
class CountingHandler final : public inbox::EventHandler {
 public:
  // `mended`: a newer version was rolled out, which knows all types and fails less.
  CountingHandler(Scene& scene, const bool& mended) : scene_(scene), mended_(mended) {}

  Interest InterestIn(absl::string_view type) const override;
  absl::Status Apply(db::Transaction& transaction,
                     absl::Span<const bus::Event* const> events) override;
  void Committed() override { scene_.interleave(); }

 private:
  Scene& scene_;
  const bool& mended_;
};

}  // namespace tally::simulation
