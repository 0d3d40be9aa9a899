#include "common/bus/personal_data.h"

#include <functional>
#include <memory>
#include <vector>

#include "absl/status/status.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"
#include "tally/events/v1/personal.pb.h"

namespace tally::bus {
namespace {

using events::v1::Personal;
using google::protobuf::FieldDescriptor;
using Proto = google::protobuf::Message;

using Visitor = std::function<void(Proto&, const FieldDescriptor&, Personal)>;

// Calls `visit` for every personal field of the message and of those within it.
void VisitPersonal(Proto& message, const Visitor& visit) {
  const google::protobuf::Reflection& reflection = *message.GetReflection();
  std::vector<const FieldDescriptor*> fields;
  reflection.ListFields(message, &fields);
  for (const FieldDescriptor* field : fields) {
    if (field->cpp_type() == FieldDescriptor::CPPTYPE_STRING && !field->is_repeated()) {
      const Personal personal = field->options().GetExtension(events::v1::personal);
      if (personal != events::v1::PERSONAL_UNSPECIFIED) visit(message, *field, personal);
    } else if (field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE && field->is_repeated()) {
      for (int i = 0; i < reflection.FieldSize(message, field); ++i) {
        VisitPersonal(*reflection.MutableRepeatedMessage(&message, field, i), visit);
      }
    } else if (field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
      VisitPersonal(*reflection.MutableMessage(&message, field), visit);
    }
  }
}

// Whether the event named the subject.
bool Erase(Proto& event, absl::string_view subject) {
  bool named = false;
  VisitPersonal(event, [&](Proto& message, const FieldDescriptor& field, Personal personal) {
    const google::protobuf::Reflection& reflection = *message.GetReflection();
    if (personal != events::v1::PERSONAL_SUBJECT ||
        reflection.GetString(message, &field) != subject) {
      return;
    }
    reflection.SetString(&message, &field, kErased);
    named = true;
  });
  if (!named) return false;
  VisitPersonal(event, [](Proto& message, const FieldDescriptor& field, Personal personal) {
    if (personal == events::v1::PERSONAL_TEXT)
      message.GetReflection()->ClearField(&message, &field);
  });
  return true;
}

}  // namespace

absl::StatusOr<ErasedPayload> ErasePerson(const std::string& type, const std::string& payload,
                                          absl::string_view subject) {
  const google::protobuf::Descriptor* descriptor =
      google::protobuf::DescriptorPool::generated_pool()->FindMessageTypeByName(type);
  if (descriptor == nullptr) return absl::NotFoundError("unknown event type");
  const std::unique_ptr<Proto> event(
      google::protobuf::MessageFactory::generated_factory()->GetPrototype(descriptor)->New());
  if (!event->ParseFromString(payload)) return absl::DataLossError("payload is no " + type);
  if (!Erase(*event, subject)) return ErasedPayload{.changed = false, .payload = payload};
  return ErasedPayload{.changed = true, .payload = event->SerializeAsString()};
}

}  // namespace tally::bus
