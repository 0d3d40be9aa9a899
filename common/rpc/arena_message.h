#pragma once

#include <google/protobuf/arena.h>

namespace tally::rpc {

// A message with a memory of its own for all that is in it, in few large blocks, given back whole:
// for messages of a stream, which hold many small things. Not thread-safe.
template <typename Message>
class ArenaMessage {
 public:
  ArenaMessage() : message_(google::protobuf::Arena::CreateMessage<Message>(&arena_)) {}
  ArenaMessage(const ArenaMessage&) = delete;
  ArenaMessage& operator=(const ArenaMessage&) = delete;

  Message& operator*() { return *message_; }
  Message* operator->() { return message_; }

 private:
  static google::protobuf::ArenaOptions Blocks() {
    google::protobuf::ArenaOptions options;
    options.start_block_size = 4 << 10;
    options.max_block_size = 128 << 10;
    return options;
  }

  google::protobuf::Arena arena_{Blocks()};
  Message* const message_;
};

}  // namespace tally::rpc
