#include "common/bus/nats_library.h"

#include <nats/nats.h>

namespace tally::bus {
namespace {

constexpr int64_t kDefaultSpin = -1;
constexpr int64_t kCloseWaitMs = 5000;

}  // namespace

NatsLibrary::NatsLibrary() { nats_Open(kDefaultSpin); }

NatsLibrary::~NatsLibrary() { nats_CloseAndWait(kCloseWaitMs); }

}  // namespace tally::bus
