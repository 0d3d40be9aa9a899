#pragma once

#include <memory>
#include <optional>

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <grpcpp/completion_queue.h>
#include <grpcpp/support/async_stream.h>

#include "absl/random/random.h"
#include "absl/time/time.h"
#include "tally/activity/v1/activity_service.grpc.pb.h"

namespace tally::client {

// The messages of WatchDailyActivity, over as many streams as it takes: one that ends or falls
// silent is begun again (see retry_policy.h), unless the service refuses it. All work happens in
// Next(), on the caller's thread. Not thread-safe.
class WatchStream {
 public:
  using Request = activity::v1::WatchDailyActivityRequest;
  using Response = activity::v1::WatchDailyActivityResponse;

  WatchStream(const std::shared_ptr<grpc::Channel>& channel, Request request);
  ~WatchStream();

  WatchStream(const WatchStream&) = delete;
  WatchStream& operator=(const WatchStream&) = delete;

  // Blocks until a message is there or something else happened, at most for `wait`.
  std::optional<Response> Next(absl::Duration wait);

  // Why the last stream ended, until the next one brings a message; OK while one does.
  const grpc::Status& trouble() const { return trouble_; }
  // The service refused, as trouble() says: nothing will come any more.
  bool refused() const { return state_ == State::kRefused; }

 private:
  enum class State { kResting, kBeginning, kReading, kEnding, kRefused };

  void Begin();
  std::optional<Response> Advance(bool ok);
  void Settle();

  const Request request_;
  const std::unique_ptr<activity::v1::ActivityService::Stub> stub_;
  grpc::CompletionQueue queue_;
  std::unique_ptr<grpc::ClientContext> context_;
  std::unique_ptr<grpc::ClientAsyncReader<Response>> reader_;
  Response response_;
  grpc::Status ended_;

  State state_ = State::kResting;
  absl::Duration begin_at_ = -absl::InfiniteDuration();  // monotonic, while resting
  absl::Duration heard_at_;                              // monotonic, of the stream at hand
  grpc::Status trouble_;
  int attempts_ = 0;  // since the last message
  absl::InsecureBitGen random_;
};

}  // namespace tally::client
