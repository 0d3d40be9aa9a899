#include "client/calls/watch_stream.h"

#include <grpcpp/grpcpp.h>

#include <atomic>
#include <functional>
#include <memory>
#include <utility>

#include "client/calls/channel.h"
#include "common/base/monotonic.h"
#include "gtest/gtest.h"
#include "tests/testkit/eventually.h"

namespace tally::client {
namespace {

using activity::v1::ActivityService;
using testkit::kPatience;
using Request = activity::v1::WatchDailyActivityRequest;
using Response = activity::v1::WatchDailyActivityResponse;
using Writer = grpc::ServerWriter<Response>;

// An activity service that answers each stream as the test says; `stream` is 1, 2, …
class ScriptedService final : public ActivityService::Service {
 public:
  using Script = std::function<grpc::Status(int stream, const Request&, Writer&)>;

  explicit ScriptedService(Script script) : script_(std::move(script)) {
    grpc::ServerBuilder builder;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port_);
    builder.RegisterService(this);
    server_ = builder.BuildAndStart();
  }
  ~ScriptedService() override { server_->Shutdown(std::chrono::system_clock::now()); }

  std::shared_ptr<grpc::Channel> Open() const { return OpenChannel({{"127.0.0.1", port_}}); }

 private:
  grpc::Status WatchDailyActivity(grpc::ServerContext*, const Request* request,
                                  Writer* writer) override {
    return script_(++streams_, *request, *writer);
  }

  const Script script_;
  std::atomic<int> streams_ = 0;
  int port_ = 0;
  std::unique_ptr<grpc::Server> server_;
};

Response Snapshot(int64_t orders) {
  Response response;
  response.set_kind(Response::KIND_SNAPSHOT);
  response.mutable_day()->set_orders_created(orders);
  return response;
}

// The next message's orders; -1 if none comes.
int64_t NextOrders(WatchStream& stream) {
  const absl::Duration end = base::MonotonicNow() + kPatience;
  while (base::MonotonicNow() < end && !stream.refused()) {
    if (const auto message = stream.Next(absl::Milliseconds(100))) {
      return message->day().orders_created();
    }
  }
  return -1;
}

TEST(WatchStreamTest, BeginsAgainWhenAStreamEnds) {
  ScriptedService service([](int stream, const Request&, Writer& writer) {
    writer.Write(Snapshot(stream));
    return stream % 2 == 1 ? grpc::Status(grpc::StatusCode::UNAVAILABLE, "stopping")
                           : grpc::Status::OK;
  });
  WatchStream stream(service.Open(), {});
  for (int i = 1; i <= 3; ++i) EXPECT_EQ(NextOrders(stream), i);
}

TEST(WatchStreamTest, AsksForWhatItWasTold) {
  ScriptedService service([](int, const Request& request, Writer& writer) {
    writer.Write(Snapshot(request.min_interval().seconds()));
    return grpc::Status::OK;
  });
  Request request;
  request.mutable_min_interval()->set_seconds(7);
  WatchStream stream(service.Open(), request);
  EXPECT_EQ(NextOrders(stream), 7);
}

TEST(WatchStreamTest, ARefusalIsTheEnd) {
  std::atomic<int> streams = 0;
  ScriptedService service([&](int stream, const Request&, Writer&) {
    streams = stream;
    return grpc::Status(grpc::StatusCode::INVALID_ARGUMENT, "no such zone");
  });
  WatchStream stream(service.Open(), {});
  EXPECT_EQ(NextOrders(stream), -1);
  EXPECT_TRUE(stream.refused());
  EXPECT_EQ(stream.trouble().error_message(), "no such zone");
  EXPECT_FALSE(stream.Next(absl::Milliseconds(1)).has_value());
  EXPECT_EQ(streams, 1);
}

TEST(WatchStreamTest, KeepsTryingWhileNobodyListensAndSaysWhy) {
  WatchStream stream(OpenChannel({{"127.0.0.1", 1}}), {});
  const absl::Duration end = base::MonotonicNow() + kPatience;
  while (stream.trouble().ok() && base::MonotonicNow() < end) stream.Next(absl::Milliseconds(100));
  EXPECT_EQ(stream.trouble().error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_FALSE(stream.refused());
}

TEST(WatchStreamTest, MayBeLetGoInTheMiddle) {
  ScriptedService service([](int, const Request&, Writer& writer) {
    while (writer.Write(Snapshot(1))) continue;
    return grpc::Status::OK;
  });
  WatchStream stream(service.Open(), {});
  EXPECT_EQ(NextOrders(stream), 1);
}

}  // namespace
}  // namespace tally::client
