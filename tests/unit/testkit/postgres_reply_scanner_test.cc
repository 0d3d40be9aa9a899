#include "tests/testkit/postgres_reply_scanner.h"

#include <string>

#include "gtest/gtest.h"

namespace tally::testkit {
namespace {

std::string Length(size_t length) {
  std::string bytes;
  for (int shift = 24; shift >= 0; shift -= 8)
    bytes.push_back(static_cast<char>(length >> shift & 0xff));
  return bytes;
}

std::string Message(char type, const std::string& body) {
  return type + Length(body.size() + 4) + body;
}
std::string Complete(const std::string& tag) { return Message('C', tag + '\0'); }

const std::string kReady = Message('Z', "I");
const std::string kSslRequest = Length(8) + Length(80877103);
const std::string kStartup = Length(9) + Length(196608) + '\0';

TEST(PostgresReplyScannerTest, FindsWhereTheReplyBeginsAmongOthers) {
  PostgresReplyScanner scanner;
  const std::string before = Message('D', "COMMIT") + Complete("INSERT 0 1");
  EXPECT_EQ(scanner.FindReply(before + Complete("COMMIT") + kReady, "COMMIT"), before.size());
}

TEST(PostgresReplyScannerTest, TagsMatchByWholeWords) {
  PostgresReplyScanner scanner;
  EXPECT_EQ(scanner.FindReply(Complete("COMMIT PREPARED"), "COMM"), std::nullopt);
  EXPECT_EQ(scanner.FindReply(Complete("INSERT 0 1"), "INSERT"), 0u);
  EXPECT_EQ(scanner.FindReply(Complete("ROLLBACK"), "COMMIT"), std::nullopt);
}

TEST(PostgresReplyScannerTest, FindsAReplyWhereverTheStreamIsTorn) {
  const std::string before = Message('N', std::string(100, 'C')) + Complete("BEGIN");
  const std::string stream = before + Complete("COMMIT") + kReady;
  const size_t end = stream.size() - kReady.size();
  for (size_t torn = 1; torn < stream.size(); ++torn) {
    PostgresReplyScanner scanner;
    const auto first = scanner.FindReply(stream.substr(0, torn), "COMMIT");
    const auto second = scanner.FindReply(stream.substr(torn), "COMMIT");
    EXPECT_EQ(first.has_value(), torn >= end) << torn;
    EXPECT_EQ(second.has_value(), torn < end) << torn;
    if (torn <= before.size()) {
      EXPECT_EQ(second, before.size() - torn);
    }
  }
}

TEST(PostgresReplyScannerTest, KnowsTheBareAnswerToAQuestionForEncryption) {
  PostgresReplyScanner scanner;
  scanner.SawRequest(kSslRequest.substr(0, 3));
  scanner.SawRequest(kSslRequest.substr(3));
  EXPECT_EQ(scanner.FindReply("N", "COMMIT"), std::nullopt);
  scanner.SawRequest(kStartup);
  scanner.SawRequest(kSslRequest);  // After the start these bytes mean nothing.
  EXPECT_EQ(scanner.FindReply(kReady + Complete("COMMIT"), "COMMIT"), kReady.size());
}

}  // namespace
}  // namespace tally::testkit
