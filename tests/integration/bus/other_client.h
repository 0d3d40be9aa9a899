#pragma once

#include <nats/nats.h>

#include <map>
#include <string>

namespace tally::bus {

// A NATS client that shares nothing with the bus but the library's documented calls. Blocks;
// failures fail the test.
class OtherClient {
 public:
  using Headers = std::map<std::string, std::string>;

  explicit OtherClient(const std::string& url);
  ~OtherClient();

  // A request to JetStream that no product code makes, such as "STREAM.DELETE.ORDERS".
  void RequestApi(const std::string& subject, const std::string& body = "");
  void Publish(const std::string& subject, const Headers& headers, const std::string& payload);
  void Listen(const std::string& subject);
  // Of the next message heard.
  Headers NextHeaders();

 private:
  natsConnection* connection_ = nullptr;
  natsSubscription* subscription_ = nullptr;
};

}  // namespace tally::bus
