#include "common/rpc/health_service.h"

#include "common/rpc/handle.h"

namespace tally::rpc {
namespace {

using grpc::health::v1::HealthCheckRequest;
using grpc::health::v1::HealthCheckResponse;

constexpr absl::Duration kUpdateInterval = absl::Milliseconds(500);
constexpr size_t kWatchersMax = 1000;

}  // namespace

// One Watch stream. At most one write is under way; what changes meanwhile is conflated into the
// next one.
class HealthService::Watcher final : public grpc::ServerWriteReactor<HealthCheckResponse>,
                                     private Call {
 public:
  Watcher(HealthService& service, const grpc::CallbackServerContext& context, std::string name)
      : Call(service.endpoint_, "Watch", context, absl::InfiniteDuration()),
        service_(service),
        name_(std::move(name)) {}

  const std::string& name() const { return name_; }

  void Update(ServingStatus status) {
    {
      absl::MutexLock lock(&mutex_);
      wanted_ = status;
    }
    Advance();
  }

  // After what is wanted has been sent, unless nobody listens any more.
  void End(const absl::Status& status) {
    {
      absl::MutexLock lock(&mutex_);
      if (!end_.has_value()) end_ = status;
    }
    Advance();
  }

  void OnWriteDone(bool ok) override {
    {
      absl::MutexLock lock(&mutex_);
      writing_ = false;
      if (!ok) broken_ = true;
    }
    Advance();
  }

  void OnCancel() override {
    {
      absl::MutexLock lock(&mutex_);
      broken_ = true;
    }
    Advance();
  }

  void OnDone() override {
    service_.Remove(this);
    delete this;
  }

 private:
  enum class Next { kNothing, kWrite, kFinish };

  Next Decide() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    if (writing_ || finished_) return Next::kNothing;
    if (broken_ && !end_.has_value()) end_ = absl::CancelledError("");
    if (!broken_ && wanted_ != sent_) {
      sent_ = wanted_;
      response_.set_status(*sent_);
      writing_ = true;
      return Next::kWrite;
    }
    if (!end_.has_value()) return Next::kNothing;
    finished_ = true;
    return Next::kFinish;
  }

  void Advance() {
    Next next;
    {
      absl::MutexLock lock(&mutex_);
      next = Decide();
    }
    if (next == Next::kWrite) StartWrite(&response_);
    if (next == Next::kFinish) Finish(Conclude(*end_));
  }

  HealthService& service_;
  const std::string name_;
  HealthCheckResponse response_;  // not touched while writing_
  absl::Mutex mutex_;
  std::optional<ServingStatus> wanted_ ABSL_GUARDED_BY(mutex_);
  std::optional<ServingStatus> sent_ ABSL_GUARDED_BY(mutex_);
  std::optional<absl::Status> end_;  // guarded until finished_, constant afterwards
  bool writing_ ABSL_GUARDED_BY(mutex_) = false;
  bool broken_ ABSL_GUARDED_BY(mutex_) = false;
  bool finished_ ABSL_GUARDED_BY(mutex_) = false;
};

HealthService::HealthService(const std::vector<std::string>& services,
                             telemetry::Telemetry& telemetry)
    : telemetry_(telemetry),
      endpoint_(grpc::health::v1::Health::service_full_name(), telemetry, {.open = true}),
      ready_names_(services.begin(), services.end()) {
  ready_names_.insert({"", "readiness"});
  updates_ = std::make_unique<base::StepThread>("health", [this] { return UpdateWatchers(); });
}

HealthService::~HealthService() = default;

HealthService::ServingStatus HealthService::StatusOf(const std::string& service) const {
  const bool readiness = ready_names_.contains(service);
  if (!readiness && service != "liveness") return HealthCheckResponse::SERVICE_UNKNOWN;
  const bool healthy =
      !shut_down_ && (readiness ? telemetry_.health.Ready() : telemetry_.health.Live()).ok();
  return healthy ? HealthCheckResponse::SERVING : HealthCheckResponse::NOT_SERVING;
}

grpc::ServerUnaryReactor* HealthService::Check(grpc::CallbackServerContext* context,
                                               const HealthCheckRequest* request,
                                               HealthCheckResponse* response) {
  return Handle(endpoint_, "Check", context, request, response, [this](auto& call) {
    const ServingStatus status = StatusOf(call.request().service());
    call.response().set_status(status);
    call.Finish(status == HealthCheckResponse::SERVICE_UNKNOWN
                    ? Error(absl::StatusCode::kNotFound, "SERVICE_UNKNOWN", "no such service here")
                    : absl::OkStatus());
  });
}

grpc::ServerWriteReactor<HealthCheckResponse>* HealthService::Watch(
    grpc::CallbackServerContext* context, const HealthCheckRequest* request) {
  auto* watcher = new Watcher(*this, *context, request->service());
  absl::MutexLock lock(&mutex_);
  if (watchers_.size() >= kWatchersMax) {
    watcher->End(
        ResourceExhausted("TOO_MANY_WATCHERS", "too many health watchers", absl::Seconds(10)));
    return watcher;
  }
  watchers_.insert(watcher);
  watcher->Update(StatusOf(watcher->name()));
  if (shut_down_)
    watcher->End(Unavailable("SHUTTING_DOWN", "the server shuts down", absl::Seconds(1)));
  return watcher;
}

absl::Duration HealthService::UpdateWatchers() {
  absl::MutexLock lock(&mutex_);
  for (Watcher* watcher : watchers_) watcher->Update(StatusOf(watcher->name()));
  return kUpdateInterval;
}

void HealthService::Remove(Watcher* watcher) {
  absl::MutexLock lock(&mutex_);
  watchers_.erase(watcher);
}

void HealthService::Shutdown() {
  absl::MutexLock lock(&mutex_);
  shut_down_ = true;
  for (Watcher* watcher : watchers_) {
    watcher->Update(StatusOf(watcher->name()));
    watcher->End(Unavailable("SHUTTING_DOWN", "the server shuts down", absl::Seconds(1)));
  }
}

}  // namespace tally::rpc
