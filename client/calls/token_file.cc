#include "client/calls/token_file.h"

#include <algorithm>
#include <utility>

#include "absl/memory/memory.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/base/monotonic.h"
#include "common/config/setting.h"

namespace tally::client {
namespace {

constexpr absl::Duration kReadEvery = absl::Seconds(1);

// The characters of a compact token (RFC 7515).
bool IsToken(absl::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return absl::ascii_isalnum(c) || c == '.' || c == '-' || c == '_';
  });
}

class Sender final : public grpc::experimental::Interceptor {
 public:
  explicit Sender(TokenFile& token) : token_(token) {}

  void Intercept(grpc::experimental::InterceptorBatchMethods* methods) override {
    using Hook = grpc::experimental::InterceptionHookPoints;
    if (methods->QueryInterceptionHookPoint(Hook::PRE_SEND_INITIAL_METADATA)) {
      methods->GetSendInitialMetadata()->emplace("authorization",
                                                 absl::StrCat("Bearer ", token_.Token()));
    }
    methods->Proceed();
  }

 private:
  TokenFile& token_;
};

class SenderFactory final : public grpc::experimental::ClientInterceptorFactoryInterface {
 public:
  explicit SenderFactory(std::shared_ptr<TokenFile> token) : token_(std::move(token)) {}

  grpc::experimental::Interceptor* CreateClientInterceptor(
      grpc::experimental::ClientRpcInfo* /*info*/) override {
    return new Sender(*token_);  // gRPC's
  }

 private:
  const std::shared_ptr<TokenFile> token_;
};

}  // namespace

std::shared_ptr<TokenFile> TokenFile::Open(const std::string& path, base::Violations& problems) {
  // A secret that was given for the path of its file: it must not be repeated.
  if (absl::StartsWith(path, "ey") && std::count(path.begin(), path.end(), '.') == 2) {
    problems.Add("--token_file", "must be the path of a file, not what it holds");
    return nullptr;
  }
  std::shared_ptr<TokenFile> opened = absl::WrapUnique(new TokenFile(path));
  {
    absl::MutexLock lock(&opened->mutex_);
    opened->Read();
    if (!opened->token_.empty()) return opened;
  }
  problems.Add("--token_file", absl::StrCat(path, " cannot be read, or holds no JSON Web Token"));
  return nullptr;
}

std::string TokenFile::Token() {
  absl::MutexLock lock(&mutex_);
  if (base::MonotonicNow() - read_at_ >= kReadEvery) Read();
  return token_;
}

void TokenFile::Read() {
  read_at_ = base::MonotonicNow();
  std::string token = config::ReadSettingFile(path_).value_or("");
  absl::StripAsciiWhitespace(&token);
  if (IsToken(token)) token_ = std::move(token);
}

Interceptors SendWithEachCall(std::shared_ptr<TokenFile> token) {
  Interceptors interceptors;
  if (token != nullptr) interceptors.push_back(std::make_unique<SenderFactory>(std::move(token)));
  return interceptors;
}

}  // namespace tally::client
