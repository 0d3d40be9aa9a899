#include "tests/bench/nats_stream.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "common/bus/nats_handles.h"

namespace tally::bench {
namespace {

// As many under way as the relay has; the next one waits for room.
constexpr int64_t kUnderWayMax = 4096;
constexpr int64_t kPatienceMs = 60'000;
constexpr int kFetch = 512;

absl::Status Checked(natsStatus status, const char* what) {
  if (status == NATS_OK) return absl::OkStatus();
  return absl::UnavailableError(absl::StrCat(what, ": ", natsStatus_GetText(status)));
}

bus::NatsMsgPtr ToNats(const bus::Message& message, const std::string& subject) {
  natsMsg* created = nullptr;
  natsMsg_Create(&created, subject.c_str(), nullptr, message.payload.data(),
                 static_cast<int>(message.payload.size()));
  for (const auto& [name, value] : message.headers.entries()) {
    natsMsgHeader_Set(created, name.c_str(), value.c_str());
  }
  return bus::NatsMsgPtr(created);
}

}  // namespace

absl::StatusOr<std::unique_ptr<NatsStream>> NatsStream::Connect(const std::string& url) {
  std::unique_ptr<NatsStream> stream(new NatsStream);
  natsConnection* connection = nullptr;
  RETURN_IF_ERROR(Checked(natsConnection_ConnectTo(&connection, url.c_str()), "connect"));
  stream->connection_.reset(connection);
  jsOptions options;
  jsOptions_Init(&options);
  options.PublishAsync.MaxPending = kUnderWayMax;
  options.PublishAsync.StallWait = kPatienceMs;
  options.Wait = kPatienceMs;
  jsCtx* jetstream = nullptr;
  RETURN_IF_ERROR(Checked(natsConnection_JetStream(&jetstream, connection, &options), "JetStream"));
  stream->jetstream_.reset(jetstream);
  return stream;
}

NatsStream::~NatsStream() { natsConnection_Close(connection_.get()); }

absl::Status NatsStream::Create(const std::string& stream, const std::string& subject) {
  jsStreamConfig config;
  jsStreamConfig_Init(&config);
  const char* subjects[] = {subject.c_str()};
  config.Name = stream.c_str();
  config.Subjects = subjects;
  config.SubjectsLen = 1;
  config.Storage = js_FileStorage;
  config.Discard = js_DiscardNew;
  return Checked(js_AddStream(nullptr, jetstream_.get(), &config, nullptr, nullptr), "add stream");
}

absl::Status NatsStream::Delete(const std::string& stream) {
  return Checked(js_DeleteStream(jetstream_.get(), stream.c_str(), nullptr, nullptr),
                 "delete stream");
}

absl::Status NatsStream::Publish(const std::vector<bus::Message>& messages,
                                 const std::string& subject) {
  const int run = ++names_;
  for (size_t i = 0; i < messages.size(); ++i) {
    const std::string id = absl::StrCat(run, "/", i);
    jsPubOptions options;
    jsPubOptions_Init(&options);
    options.MsgId = id.c_str();
    options.MaxWait = kPatienceMs;
    natsMsg* message = ToNats(messages[i], subject).release();
    const natsStatus status = js_PublishMsgAsync(jetstream_.get(), &message, &options);
    natsMsg_Destroy(message);  // null where the library has taken it
    RETURN_IF_ERROR(Checked(status, "publish"));
  }
  jsPubOptions wait;
  jsPubOptions_Init(&wait);
  wait.MaxWait = kPatienceMs;
  return Checked(js_PublishAsyncComplete(jetstream_.get(), &wait), "acknowledgements");
}

absl::Status NatsStream::FetchAndAcknowledge(const std::string& subjects, int64_t messages) {
  jsSubOptions options;
  jsSubOptions_Init(&options);
  options.Config.MaxAckPending = 20'000;
  const std::string durable = absl::StrCat("bench-", ++names_);
  natsSubscription* created = nullptr;
  RETURN_IF_ERROR(Checked(js_PullSubscribe(&created, jetstream_.get(), subjects.c_str(),
                                           durable.c_str(), nullptr, &options, nullptr),
                          "subscribe"));
  const std::unique_ptr<natsSubscription, decltype(&natsSubscription_Destroy)> subscription(
      created, &natsSubscription_Destroy);
  // Never asks for more than is there: a fetch that timed out leaves this library's next one wrong.
  for (int64_t left = messages; left > 0;) {
    natsMsgList list = {};
    const auto batch = static_cast<int>(std::min<int64_t>(left, kFetch));
    RETURN_IF_ERROR(Checked(
        natsSubscription_Fetch(&list, subscription.get(), batch, kPatienceMs, nullptr), "fetch"));
    for (int i = 0; i < list.Count; ++i) natsMsg_Ack(list.Msgs[i], nullptr);
    left -= list.Count;
    natsMsgList_Destroy(&list);
  }
  return Checked(natsConnection_FlushTimeout(connection_.get(), kPatienceMs), "flush");
}

absl::StatusOr<int64_t> NatsStream::MessagesOf(const std::string& stream) {
  jsStreamInfo* info = nullptr;
  RETURN_IF_ERROR(Checked(
      js_GetStreamInfo(&info, jetstream_.get(), stream.c_str(), nullptr, nullptr), "stream info"));
  const auto messages = static_cast<int64_t>(info->State.Msgs);
  jsStreamInfo_Destroy(info);
  return messages;
}

}  // namespace tally::bench
