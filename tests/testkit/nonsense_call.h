#pragma once

#include <google/protobuf/descriptor.h>
#include <grpcpp/grpcpp.h>

#include <memory>

namespace tally::testkit {

// Calls a method, streaming or not, with text that is wrong in every field that holds text, and
// returns how the call ended. For tests that walk all methods of a service.
grpc::Status CallWithNonsense(const std::shared_ptr<grpc::Channel>& channel,
                              const google::protobuf::MethodDescriptor& method);

}  // namespace tally::testkit
