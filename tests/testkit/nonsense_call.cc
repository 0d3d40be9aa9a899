#include "tests/testkit/nonsense_call.h"

#include <google/protobuf/message.h>
#include <grpcpp/generic/generic_stub.h>

#include <string>

#include "absl/strings/str_cat.h"

namespace tally::testkit {
namespace {

std::string Nonsense(const google::protobuf::Descriptor& type) {
  using google::protobuf::FieldDescriptor;
  auto* factory = google::protobuf::MessageFactory::generated_factory();
  const std::unique_ptr<google::protobuf::Message> message(factory->GetPrototype(&type)->New());
  for (int i = 0; i < type.field_count(); ++i) {
    const FieldDescriptor* field = type.field(i);
    if (field->type() == FieldDescriptor::TYPE_STRING && !field->is_repeated()) {
      message->GetReflection()->SetString(message.get(), field, "no such thing");
    }
  }
  return message->SerializeAsString();
}

}  // namespace

grpc::Status CallWithNonsense(const std::shared_ptr<grpc::Channel>& channel,
                              const google::protobuf::MethodDescriptor& method) {
  const std::string path = absl::StrCat("/", method.service()->full_name(), "/", method.name());
  const grpc::Slice slice(Nonsense(*method.input_type()));
  grpc::GenericStub stub(channel);
  grpc::ClientContext context;
  grpc::CompletionQueue queue;
  const auto wait = [&] {
    void* tag;
    bool ok;
    queue.Next(&tag, &ok);
  };
  const auto call = stub.PrepareCall(&context, path, &queue);
  call->StartCall(nullptr);
  wait();
  call->WriteLast(grpc::ByteBuffer(&slice, 1), {}, nullptr);
  wait();
  grpc::Status status;
  call->Finish(&status, nullptr);
  wait();
  return status;
}

}  // namespace tally::testkit
