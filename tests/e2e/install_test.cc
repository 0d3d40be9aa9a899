#include <google/protobuf/descriptor.h>
#include <google/protobuf/descriptor.pb.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/e2e/tally.h"
#include "tests/testkit/status_matchers.h"
#include "tests/testkit/temp_dir.h"

namespace tally::e2e {
namespace {

using google::protobuf::DescriptorPool;
using google::protobuf::ServiceDescriptor;
using google::protobuf::SourceLocation;

class InstallTest : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_OK_AND_ASSIGN(const Ended installed, RunToEnd({TALLY_CMAKE, "--install", TALLY_BUILD_DIR,
                                                          "--prefix", prefix.path()}));
    ASSERT_EQ(installed.exit_code, 0) << installed.out << installed.err;
  }

  const testkit::TempDir prefix;
};

TEST_F(InstallTest, EveryProgramRunsFromWhereItIs) {
  for (const std::string program : {"order_service", "activity_service", "tally"}) {
    ASSERT_OK_AND_ASSIGN(const Ended version,
                         RunToEnd({prefix.File("bin/" + program), "--version"}));
    EXPECT_EQ(version.out, absl::StrCat(program, " " TALLY_VERSION "\n"));
  }
}

TEST_F(InstallTest, TheDescriptorSetHoldsEveryMethodWithItsComment) {
  google::protobuf::FileDescriptorSet files;
  std::ifstream stream(prefix.File("share/tallystick/tally.protoset"), std::ios::binary);
  ASSERT_TRUE(files.ParseFromIstream(&stream));
  DescriptorPool pool;
  for (const auto& file : files.file()) ASSERT_NE(pool.BuildFile(file), nullptr) << file.name();
  for (const char* name : {"tally.orders.v1.OrderService", "tally.activity.v1.ActivityService",
                           "tally.ops.v1.OutboxService", "tally.ops.v1.InboxService"}) {
    const ServiceDescriptor* service = pool.FindServiceByName(name);
    ASSERT_NE(service, nullptr) << name;
    for (int i = 0; i < service->method_count(); ++i) {
      SourceLocation location;
      ASSERT_TRUE(service->method(i)->GetSourceLocation(&location));
      EXPECT_NE(location.leading_comments, "") << service->method(i)->full_name();
    }
  }
  EXPECT_NE(pool.FindMessageTypeByName("tally.events.v1.OrderCreated"), nullptr);
  EXPECT_NE(pool.FindMessageTypeByName("google.rpc.ErrorInfo"), nullptr);
}

TEST_F(InstallTest, StubsCanBeGeneratedFromTheProtos) {
  const std::string protos = prefix.File("share/tallystick/protos");
  std::vector<std::string> protoc = {"protoc", "-I", protos, "--python_out=" + prefix.path()};
  for (const auto& entry : std::filesystem::recursive_directory_iterator(protos)) {
    if (entry.path().extension() == ".proto") protoc.push_back(entry.path());
  }
  ASSERT_OK_AND_ASSIGN(const Ended generated, RunToEnd(protoc));
  EXPECT_EQ(generated.exit_code, 0) << generated.err;
  EXPECT_TRUE(std::filesystem::exists(prefix.File("tally/orders/v1/order_service_pb2.py")));
}

TEST_F(InstallTest, DocumentsAndServiceConfigComeAlong) {
  for (const char* file :
       {"share/doc/tallystick/README.md", "share/doc/tallystick/LICENSE",
        "share/doc/tallystick/docs/clients.md", "share/tallystick/service_config.json"}) {
    EXPECT_TRUE(std::filesystem::exists(prefix.File(file))) << file;
  }
}

}  // namespace
}  // namespace tally::e2e
