#include <gmock/gmock.h>
#include <google/protobuf/descriptor.h>
#include <grpcpp/support/validate_service_config.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <set>
#include <string>

#include "tally/activity/v1/activity_service.pb.h"
#include "tally/orders/v1/order_service.pb.h"

namespace tally {
namespace {

std::string ServiceConfig() {
  std::ifstream file(TALLY_SERVICE_CONFIG);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::set<std::string> MethodsOf(const google::protobuf::FileDescriptor& file) {
  std::set<std::string> methods;
  const google::protobuf::ServiceDescriptor& service = *file.service(0);
  for (int i = 0; i < service.method_count(); ++i) methods.insert(service.method(i)->full_name());
  return methods;
}

TEST(ServiceConfigTest, GrpcAcceptsIt) {
  EXPECT_EQ(grpc::experimental::ValidateServiceConfigJSON(ServiceConfig()), "");
}

TEST(ServiceConfigTest, NamesEveryMethodOnceButTheStreamOfItems) {
  std::multiset<std::string> named;
  const auto service_config = nlohmann::json::parse(ServiceConfig());
  for (const auto& config : service_config["methodConfig"]) {
    for (const auto& name : config["name"]) {
      named.insert(name["service"].get<std::string>() + "." + name["method"].get<std::string>());
    }
  }
  std::set<std::string> wanted = MethodsOf(*orders::v1::PlaceOrderRequest::descriptor()->file());
  wanted.merge(MethodsOf(*activity::v1::GetDailyActivityRequest::descriptor()->file()));
  wanted.erase("tally.orders.v1.OrderService.PlaceOrders");
  EXPECT_THAT(named, testing::ElementsAreArray(wanted));
}

}  // namespace
}  // namespace tally
