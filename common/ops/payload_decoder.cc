#include "common/ops/payload_decoder.h"

#include <memory>

#include <google/protobuf/message.h>
#include <google/protobuf/util/json_util.h>

namespace tally::ops {

PayloadDecoder::PayloadDecoder(const std::vector<const google::protobuf::Descriptor*>& types) {
  for (const auto* type : types) types_[type->full_name()] = type;
}

std::string PayloadDecoder::ToJson(absl::string_view type, const std::string& payload) const {
  const auto known = types_.find(type);
  if (known == types_.end()) return "";
  const std::unique_ptr<google::protobuf::Message> message(
      google::protobuf::MessageFactory::generated_factory()->GetPrototype(known->second)->New());
  std::string json;
  if (!message->ParseFromString(payload) ||
      !google::protobuf::util::MessageToJsonString(*message, &json).ok()) {
    return "";
  }
  return json;
}

}  // namespace tally::ops
