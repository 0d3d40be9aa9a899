#include "common/bus/nats_connection.h"

#include <pthread.h>

#include <algorithm>
#include <utility>

#include "absl/random/random.h"
#include "common/bus/server_version.h"

namespace tally::bus {
namespace {

constexpr int64_t kConnectTimeoutMs = 2000;
constexpr int64_t kWriteDeadlineMs = 1000;
constexpr int kPingsUnanswered = 2;
constexpr absl::Duration kVersionTimeout = absl::Milliseconds(500);
constexpr double kJitter = 0.2;

}  // namespace

NatsConnection::NatsConnection(NatsOptions options, std::vector<NatsUrl> urls,
                               telemetry::Telemetry& telemetry)
    : options_(std::move(options)),
      urls_(std::move(urls)),
      telemetry_(telemetry),
      connected_(telemetry.metrics.AddGauge("tally_bus_connected",
                                            "1 while connected to the message bus.")),
      reconnects_(telemetry.metrics.AddCounter("tally_bus_reconnects_total",
                                               "Connections made after the first.")),
      thread_([this] { Run(); }) {}

NatsConnection::~NatsConnection() {
  {
    absl::MutexLock lock(&mutex_);
    stop_ = true;
  }
  stop_pause_.Set();
  thread_.join();
}

std::shared_ptr<NatsLink> NatsConnection::link() const {
  absl::MutexLock lock(&mutex_);
  return link_;
}

absl::StatusOr<int64_t> NatsConnection::max_payload() const {
  absl::MutexLock lock(&mutex_);
  if (max_payload_ < 0) return absl::UnavailableError("message bus: never connected yet");
  return max_payload_;
}

std::string NatsConnection::server_version() const {
  absl::MutexLock lock(&mutex_);
  return server_version_;
}

void NatsConnection::Drop(const NatsLink& link, const std::string& reason) {
  absl::MutexLock lock(&mutex_);
  if (link_.get() != &link) return;
  link_ = nullptr;
  drop_reason_ = reason;
}

int64_t NatsConnection::AddListener(Waker listener) {
  absl::MutexLock lock(&listeners_mutex_);
  if (listener) listeners_.emplace(next_listener_, std::move(listener));
  return next_listener_++;
}

void NatsConnection::RemoveListener(int64_t id) {
  absl::MutexLock lock(&listeners_mutex_);
  listeners_.erase(id);
}

void NatsConnection::Run() {
  pthread_setname_np(pthread_self(), "bus_connect");
  absl::BitGen random;
  std::shuffle(urls_.begin(), urls_.end(), random);  // Instances spread over the servers.
  for (size_t attempt = 0; !stopping(); ++attempt) {
    const NatsUrl& url = urls_[attempt % urls_.size()];
    if (std::shared_ptr<NatsLink> link = Connect(url)) {
      HoldUntilLost(std::move(link), url);
    } else if ((attempt + 1) % urls_.size() == 0) {
      stop_pause_.WaitFor(options_.reconnect_wait *
                          absl::Uniform(random, 1 - kJitter, 1 + kJitter));
    }
  }
}

std::shared_ptr<NatsLink> NatsConnection::Connect(const NatsUrl& url) {
  {
    absl::MutexLock lock(&mutex_);
    closed_ = false;
    drop_reason_.clear();
  }
  NatsOptionsPtr options = MakeOptions(url);
  natsConnection* connection = nullptr;
  const natsStatus status = natsConnection_Connect(&connection, options.get());
  if (status == NATS_OK) return std::make_shared<NatsLink>(connection);

  absl::MutexLock lock(&mutex_);
  if (!error_logged_) {
    telemetry_.log.Warning("message bus not reachable, trying on",
                           {{"server", url.address}, {"error", natsStatus_GetText(status)}});
  }
  error_logged_ = true;
  return nullptr;
}

NatsOptionsPtr NatsConnection::MakeOptions(const NatsUrl& url) {
  natsOptions* raw = nullptr;
  natsOptions_Create(&raw);
  NatsOptionsPtr options(raw);
  natsOptions_SetURL(raw, url.text.c_str());
  natsOptions_SetName(raw, options_.name.c_str());
  natsOptions_SetSecure(raw, url.tls);
  natsOptions_SetTimeout(raw, kConnectTimeoutMs);
  natsOptions_SetWriteDeadline(raw, kWriteDeadlineMs);
  natsOptions_SetPingInterval(raw, absl::ToInt64Milliseconds(options_.ping_interval));
  natsOptions_SetMaxPingsOut(raw, kPingsUnanswered);
  natsOptions_SetAllowReconnect(raw, false);
  natsOptions_SetClosedCB(raw, &OnClosed, this);
  natsOptions_SetErrorHandler(raw, &OnError, this);
  return options;
}

void NatsConnection::HoldUntilLost(std::shared_ptr<NatsLink> link, const NatsUrl& url) {
  const std::string version = AskServerVersion(url.address, kVersionTimeout);
  telemetry_.log.Info("message bus connected", {{"server", url.address}, {"version", version}});
  {
    absl::MutexLock lock(&mutex_);
    server_version_ = version;
  }
  SetLink(link);
  std::string reason;
  bool stop;
  {
    absl::MutexLock lock(&mutex_);
    const auto over = [this]() ABSL_SHARED_LOCKS_REQUIRED(mutex_) {
      return closed_ || stop_ || !drop_reason_.empty();
    };
    mutex_.Await(absl::Condition(&over));
    reason = drop_reason_;
    stop = stop_;
  }
  SetLink(nullptr);
  natsConnection_Close(link->get());
  {
    // Its callbacks use this object: nothing of this link may come later.
    absl::MutexLock lock(&mutex_);
    mutex_.Await(absl::Condition(&closed_));
  }
  if (stop) return;
  const char* last_error = "";
  natsConnection_GetLastError(link->get(), &last_error);
  telemetry_.log.Warning(
      "message bus connection lost",
      {{"server", url.address}, {"error", reason.empty() ? std::string(last_error) : reason}});
}

void NatsConnection::SetLink(std::shared_ptr<NatsLink> link) {
  connected_.Set(link == nullptr ? 0 : 1);
  {
    absl::MutexLock lock(&mutex_);
    if (link != nullptr) {
      if (max_payload_ >= 0) reconnects_.Increment();
      max_payload_ = link->max_payload();
      error_logged_ = false;
    }
    link_ = std::move(link);
  }
  absl::MutexLock lock(&listeners_mutex_);
  for (const auto& [id, listener] : listeners_) listener();
}

bool NatsConnection::stopping() const {
  absl::MutexLock lock(&mutex_);
  return stop_;
}

void NatsConnection::OnClosed(natsConnection*, void* self) {
  auto* connection = static_cast<NatsConnection*>(self);
  absl::MutexLock lock(&connection->mutex_);
  connection->closed_ = true;
}

// Permission violations, mostly: one for each message, so only the first of a link is logged.
void NatsConnection::OnError(natsConnection* nats, natsSubscription*, natsStatus error,
                             void* self) {
  auto* connection = static_cast<NatsConnection*>(self);
  {
    absl::MutexLock lock(&connection->mutex_);
    if (std::exchange(connection->error_logged_, true)) return;
  }
  const char* text = "";
  natsConnection_GetLastError(nats, &text);
  connection->telemetry_.log.Warning("message bus reports an error",
                                     {{"status", natsStatus_GetText(error)}, {"error", text}});
}

}  // namespace tally::bus
