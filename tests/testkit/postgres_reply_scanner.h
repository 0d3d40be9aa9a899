#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"

namespace tally::testkit {

// Finds the borders of the messages that a PostgreSQL server sends on one connection, to recognise
// its reply to a command. It must be shown every byte of both directions, in order. Blind on
// connections that are encrypted.
class PostgresReplyScanner {
 public:
  void SawRequest(absl::string_view bytes);

  // Takes the next bytes of the server and returns where in them the first CommandComplete begins
  // whose tag starts with the words of `tag` ("COMMIT", "INSERT" for "INSERT 0 1"). 0 if that
  // message began in earlier bytes.
  std::optional<size_t> FindReply(absl::string_view bytes, absl::string_view tag);

 private:
  size_t TakeHeader(absl::string_view bytes);
  size_t TakeBody(absl::string_view bytes);

  bool started_ = false;  // The client has sent its StartupMessage.
  std::string
      startup_;  // The first 8 bytes of the client's packet before that: its length and its code.
  int bare_answers_ =
      0;  // The server answers a question for encryption with one byte that is no message.
  std::string header_;  // Type and length of the message at hand, as far as seen.
  std::string body_;    // The start of its body.
  uint64_t body_left_ = 0;
};

}  // namespace tally::testkit
