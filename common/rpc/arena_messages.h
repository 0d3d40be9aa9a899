#pragma once

#include <cstddef>

#include <google/protobuf/arena.h>
#include <grpcpp/support/message_allocator.h>

namespace tally::rpc {

// Gives each call of a method one block of memory for its request and response and all that is in
// them, instead of one for each message. For methods that are called often:
//
//   SetMessageAllocatorFor_PlaceOrder(&place_order_messages_);
//
// Must outlive the server. Thread-safe.
template <typename Request, typename Response>
class ArenaMessages final : public grpc::MessageAllocator<Request, Response> {
 public:
  grpc::MessageHolder<Request, Response>* AllocateMessages() override { return new Holder; }

 private:
  // What a usual call needs; more is taken where it is not enough.
  static constexpr size_t kFirstBlock = 2048;

  class Holder final : public grpc::MessageHolder<Request, Response> {
   public:
    Holder() : arena_(block_, sizeof(block_)) {
      this->set_request(google::protobuf::Arena::CreateMessage<Request>(&arena_));
      this->set_response(google::protobuf::Arena::CreateMessage<Response>(&arena_));
    }
    void Release() override { delete this; }

   private:
    alignas(std::max_align_t) char block_[kFirstBlock];
    google::protobuf::Arena arena_;
  };
};

}  // namespace tally::rpc
