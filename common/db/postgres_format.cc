#include "common/db/postgres_format.h"

#include <array>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/uuid.h"
#include "common/db/error.h"

namespace tally::db {
namespace {

// Object ids of the built-in types; fixed for ever in PostgreSQL's catalogue.
constexpr Oid kAny = 0;  // the server infers it
constexpr Oid kBool = 16, kBytea = 17, kName = 19, kInt8 = 20, kInt2 = 21, kInt4 = 23, kText = 25,
              kJson = 114;
constexpr Oid kByteaArray = 1001, kTextArray = 1009, kInt8Array = 1016, kBpchar = 1042,
              kVarchar = 1043, kUuid = 2950, kUuidArray = 2951;
constexpr int kTextFormat = 0, kBinaryFormat = 1;

template <typename Unsigned>
void AppendBigEndian(std::string& out, Unsigned value) {
  std::array<char, sizeof(value)> bytes;
  for (size_t i = bytes.size(); i-- > 0; value >>= 8) bytes[i] = static_cast<char>(value);
  out.append(bytes.data(), bytes.size());
}

int64_t ReadBigEndian(absl::string_view bytes) {
  // Sign extension comes from the first byte.
  int64_t value = bytes.empty() || static_cast<signed char>(bytes[0]) >= 0 ? 0 : -1;
  for (const char byte : bytes)
    value =
        static_cast<int64_t>(static_cast<uint64_t>(value) << 8 | static_cast<unsigned char>(byte));
  return value;
}

void AppendElement(std::string& out, int64_t value) {
  AppendBigEndian(out, uint32_t{8});
  AppendBigEndian(out, static_cast<uint64_t>(value));
}
void AppendElement(std::string& out, const std::string& value) {
  AppendBigEndian(out, static_cast<uint32_t>(value.size()));
  out += value;
}
void AppendElement(std::string& out, const Bytes& value) { AppendElement(out, value.data); }
void AppendElement(std::string& out, const base::Uuid& value) {
  AppendBigEndian(out, static_cast<uint32_t>(value.bytes().size()));
  out.append(value.bytes().begin(), value.bytes().end());
}
template <typename T>
void AppendElement(std::string& out, const std::optional<T>& value) {
  value.has_value() ? AppendElement(out, *value) : AppendBigEndian(out, ~uint32_t{0});
}

bool Fits(Oid type, ColumnType read_as) {
  static constexpr Oid kInts[] = {kBool, kInt2, kInt4, kInt8};
  static constexpr Oid kTexts[] = {kText, kVarchar, kBpchar, kName, kBytea, kUuid, kJson};
  const auto oids =
      read_as == ColumnType::kInt ? absl::Span<const Oid>(kInts) : absl::Span<const Oid>(kTexts);
  return std::find(oids.begin(), oids.end(), type) != oids.end();
}

struct ElementTypes {
  Oid element;
  Oid array;
};
ElementTypes TypesOf(const Batch::Column& column) {
  static constexpr ElementTypes kTypes[] = {
      {kInt8, kInt8Array}, {kText, kTextArray}, {kBytea, kByteaArray}, {kUuid, kUuidArray}};
  return kTypes[column.values.index()];
}

}  // namespace

std::string EncodeArray(const Batch::Column& column) {
  std::string out;
  std::visit(
      [&](const auto& values) {
        AppendBigEndian(out, uint32_t{1});  // dimensions
        AppendBigEndian(out, uint32_t{1});  // NULLs are possible
        AppendBigEndian(out, static_cast<uint32_t>(TypesOf(column).element));
        AppendBigEndian(out, static_cast<uint32_t>(values.size()));
        AppendBigEndian(out, uint32_t{1});  // index of the first element
        for (const auto& value : values) AppendElement(out, value);
      },
      column.values);
  return out;
}

absl::Status PostgresParameters::Encode(const std::vector<std::string>& names,
                                        const Invocation& invocation) {
  for (const std::string& name : names) {
    if (const Batch::Column* column = FindNamed(invocation.columns, name)) {
      Add(TypesOf(*column).array, EncodeArray(*column), kBinaryFormat);
    } else if (const Param* scalar = FindNamed(absl::MakeConstSpan(invocation.scalars), name)) {
      AddScalar(scalar->value);
    } else {
      return MakeError(ErrorKind::kStatement, "", invocation.statement.name,
                       absl::StrCat("no value for :", name));
    }
  }
  return absl::OkStatus();
}

void PostgresParameters::AddScalar(const Param::Value& value) {
  if (const int64_t* number = std::get_if<int64_t>(&value)) {
    Add(kInt8, absl::StrCat(*number), kTextFormat);
  } else if (const std::string* text = std::get_if<std::string>(&value)) {
    Add(kAny, *text, kTextFormat);
  } else if (const Bytes* bytes = std::get_if<Bytes>(&value)) {
    Add(kBytea, bytes->data, kBinaryFormat);
  } else {
    Add(kAny, "", kTextFormat);
    values_.back() = nullptr;
  }
}

void PostgresParameters::Add(Oid type, std::string bytes, int format) {
  storage_.push_back(std::move(bytes));
  types_.push_back(type);
  values_.push_back(storage_.back().c_str());
  lengths_.push_back(static_cast<int>(storage_.back().size()));
  bytes_ += storage_.back().size();
  formats_.push_back(format);
}

absl::Status PostgresRow::Check(absl::Span<const ColumnType> types,
                                const char* statement_name) const {
  if (PQnfields(result_) != static_cast<int>(types.size())) {
    return MakeError(
        ErrorKind::kStatement, "", statement_name,
        absl::StrCat("returns ", PQnfields(result_), " columns, ", types.size(), " are read"));
  }
  for (size_t i = 0; i < types.size(); ++i) {
    const Oid type = PQftype(result_, static_cast<int>(i));
    if (Fits(type, types[i])) continue;
    return MakeError(ErrorKind::kStatement, "", statement_name,
                     absl::StrCat("column ", i + 1, " has type oid ", type, "; cast it to ",
                                  types[i] == ColumnType::kInt ? "bigint" : "text or bytea"));
  }
  return absl::OkStatus();
}

absl::string_view PostgresRow::Raw(int column) const {
  return {PQgetvalue(result_, row_, column),
          static_cast<size_t>(PQgetlength(result_, row_, column))};
}

int64_t PostgresRow::Int(int column) const { return ReadBigEndian(Raw(column)); }

absl::string_view PostgresRow::Text(int column) const {
  const absl::string_view raw = Raw(column);
  base::Uuid::Bytes bytes;
  if (PQftype(result_, column) != kUuid || raw.size() != bytes.size()) return raw;
  std::copy(raw.begin(), raw.end(), bytes.begin());
  uuid_ = base::Uuid(bytes).ToString();
  return uuid_;
}

}  // namespace tally::db
