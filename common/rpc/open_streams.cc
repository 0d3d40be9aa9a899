#include "common/rpc/open_streams.h"

#include "common/rpc/errors.h"

namespace tally::rpc {
namespace {

absl::Status Stopping() {
  return Unavailable("STOPPING", "the service stops; open the stream again", absl::Seconds(1));
}

}  // namespace

absl::Status OpenStreams::Add(Stream* stream) {
  absl::MutexLock lock(&mutex_);
  if (ended_) return Stopping();
  if (streams_.size() >= streams_max_) {
    return ResourceExhausted("TOO_MANY_STREAMS", "too many streams are open; try again",
                             absl::Seconds(1));
  }
  streams_.insert(stream);
  return absl::OkStatus();
}

void OpenStreams::Remove(Stream* stream) {
  absl::MutexLock lock(&mutex_);
  streams_.erase(stream);
}

void OpenStreams::EndAll() {
  absl::MutexLock lock(&mutex_);
  ended_ = true;
  for (Stream* stream : streams_) stream->End(Stopping());
}

}  // namespace tally::rpc
