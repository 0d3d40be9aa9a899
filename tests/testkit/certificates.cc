#include "tests/testkit/certificates.h"

#include <fstream>

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "tests/testkit/eventually.h"
#include "tests/testkit/process.h"

namespace tally::testkit {
namespace {

constexpr char kSections[] = R"(
[req]
distinguished_name = name
prompt = no
[name]
CN = tests
[authority]
basicConstraints = critical, CA:TRUE
[issued]
subjectAltName = IP:127.0.0.1, DNS:localhost
)";

absl::Status RunOpenssl(std::vector<std::string> argv) {
  argv.insert(argv.begin(), "openssl");
  ASSIGN_OR_RETURN(const std::unique_ptr<Process> openssl,
                   Process::Start({.argv = std::move(argv)}));
  ASSIGN_OR_RETURN(const int exit_code, openssl->Wait(kPatience));
  return exit_code == 0 ? absl::OkStatus() : absl::InternalError(openssl->Describe());
}

}  // namespace

absl::StatusOr<std::unique_ptr<Certificates>> Certificates::Make() {
  std::unique_ptr<Certificates> made(new Certificates());
  std::ofstream(made->dir_.File("sections")) << kSections;
  RETURN_IF_ERROR(made->Make("authority", 2, {"-signkey", made->ca_.key}, made->ca_));
  return made;
}

absl::StatusOr<Certificates::Pair> Certificates::Issue(const std::string& name, int days) {
  const Pair issued = {dir_.File(name + ".pem"), dir_.File(name + ".key")};
  RETURN_IF_ERROR(
      Make("issued", days, {"-CA", ca_.certificate, "-CAkey", ca_.key, "-CAcreateserial"}, issued));
  return issued;
}

absl::Status Certificates::Make(const std::string& section, int days,
                                const std::vector<std::string>& signer, const Pair& made) {
  const std::string sections = dir_.File("sections");
  const std::string request = dir_.File("request");
  RETURN_IF_ERROR(
      RunOpenssl({"req", "-config", sections, "-newkey", "ec", "-pkeyopt",
                  "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", made.key, "-out", request}));
  std::vector<std::string> sign = {
      "x509",     "-req",   "-in",         request, "-days", absl::StrCat(days),
      "-extfile", sections, "-extensions", section, "-out",  made.certificate};
  sign.insert(sign.end(), signer.begin(), signer.end());
  return RunOpenssl(std::move(sign));
}

}  // namespace tally::testkit
