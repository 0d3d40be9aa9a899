#include "common/telemetry/http_server.h"

#include <httplib.h>
#include <sys/socket.h>

#include <string>
#include <utility>

#include "absl/memory/memory.h"
#include "absl/strings/str_cat.h"

namespace tally::telemetry {
namespace {

constexpr size_t kThreads = 4;
constexpr int kStallSecondsMax = 2;
constexpr size_t kRequestBytesMax = 64 << 10;

void Answer(const absl::Status& status, const std::string& details, httplib::Response& response) {
  response.status = status.ok() ? 200 : 503;
  response.set_content(
      absl::StrCat(status.ok() ? "ok" : std::string(status.message()), "\n", details),
      "text/plain");
}

}  // namespace

HttpServer::HttpServer(Telemetry& telemetry)
    : telemetry_(telemetry),
      process_metrics_(telemetry.metrics),
      server_(std::make_unique<httplib::Server>()) {
  server_->new_task_queue = [] { return new httplib::ThreadPool(kThreads); };
  server_->set_keep_alive_timeout(kStallSecondsMax);
  server_->set_read_timeout(kStallSecondsMax);
  server_->set_write_timeout(kStallSecondsMax);
  server_->set_payload_max_length(kRequestBytesMax);
  // The library's own choice, SO_REUSEPORT, would let two processes share the port in silence.
  server_->set_socket_options([](int socket) {
    const int yes = 1;
    setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
  });
  // One request per connection: an idle connection would hold a thread, and the end of this server
  // too.
  server_->set_keep_alive_max_count(1);
  AddRoutes();
}

void HttpServer::AddRoutes() {
  server_->Get("/metrics", [this](const httplib::Request&, httplib::Response& response) {
    process_metrics_.Update();
    response.set_content(telemetry_.metrics.Serialize(),
                         "text/plain; version=0.0.4; charset=utf-8");
  });
  server_->Get("/livez", [this](const httplib::Request&, httplib::Response& response) {
    Answer(telemetry_.health.Live(), "", response);
  });
  server_->Get("/readyz", [this](const httplib::Request&, httplib::Response& response) {
    Answer(telemetry_.health.Ready(), telemetry_.health.Details(), response);
  });
}

absl::StatusOr<std::unique_ptr<HttpServer>> HttpServer::Start(const config::HostPort& listen,
                                                              Telemetry& telemetry) {
  auto server = absl::WrapUnique(new HttpServer(telemetry));
  server->address_ = listen;
  if (listen.port == 0) server->address_.port = server->server_->bind_to_any_port(listen.host);
  const bool bound = listen.port == 0 ? server->address_.port > 0
                                      : server->server_->bind_to_port(listen.host, listen.port);
  if (!bound)
    return absl::UnavailableError(absl::StrCat("cannot listen on http://", listen.ToString()));
  server->thread_ = std::thread([raw = server->server_.get()] { raw->listen_after_bind(); });
  while (!server->server_->is_running())
    std::this_thread::yield();  // stop() before that would be lost
  return server;
}

HttpServer::~HttpServer() {
  if (!thread_.joinable()) return;
  server_->stop();
  thread_.join();
}

}  // namespace tally::telemetry
