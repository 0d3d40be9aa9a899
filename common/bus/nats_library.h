#pragma once

namespace tally::bus {

// nats.c's own threads. The first object in main: made before any bus and gone after all of them,
// so that no library thread outlives what its callbacks use. Destroying waits up to some seconds
// for those threads.
class NatsLibrary {
 public:
  NatsLibrary();
  ~NatsLibrary();

  NatsLibrary(const NatsLibrary&) = delete;
  NatsLibrary& operator=(const NatsLibrary&) = delete;
};

}  // namespace tally::bus
