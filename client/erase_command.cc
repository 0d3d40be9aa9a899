#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>

#include "absl/flags/flag.h"
#include "absl/strings/str_cat.h"
#include "client/calls/call_until.h"
#include "client/calls/channel.h"
#include "client/calls/failure.h"
#include "client/calls/messages.h"
#include "client/calls/utf8.h"
#include "client/commands.h"
#include "client/flags.h"
#include "client/terminal/question.h"
#include "tally/ops/v1/privacy_service.grpc.pb.h"

namespace tally::client {
namespace {

using Totals = ops::v1::EraseCustomerResponse;

void Add(const Totals& step, Totals& totals) {
  totals.set_orders(totals.orders() + step.orders());
  totals.set_outbox_events(totals.outbox_events() + step.outbox_events());
  totals.set_parked_events(totals.parked_events() + step.parked_events());
  totals.set_letters(totals.letters() + step.letters());
}

// Asks one service again and again until nothing is left there.
grpc::Status EraseAt(const Peer& server, const Settings& settings, const std::string& customer,
                     Totals& totals) {
  const auto stub = ops::v1::PrivacyService::NewStub(OpenChannel(server));
  ops::v1::EraseCustomerRequest request;
  request.set_customer(customer);
  do {
    Totals step;
    const grpc::Status status =
        CallUntil(settings.deadline, server, [&](grpc::ClientContext& context) {
          return stub->EraseCustomer(&context, request, &step);
        });
    if (!status.ok()) return status;
    Add(step, totals);
    request.set_page_token(step.next_page_token());
  } while (!request.page_token().empty());
  return grpc::Status::OK;
}

// False: the operator did not confirm, or nobody is there to ask, which is a problem.
bool Confirm(Invocation& invocation) {
  if (absl::GetFlag(FLAGS_yes)) return true;
  const Consent consent = Ask("Erase this customer from all that both services keep, for ever?");
  if (consent == Consent::kNobodyToAsk) {
    invocation.problems.Add("--yes", "must be given where nobody can be asked");
  }
  return consent == Consent::kGiven;
}

void Print(const Totals& totals) {
  std::printf(
      "orders         %lld\noutbox events  %lld\nparked events  %lld\nletters        %lld\n",
      static_cast<long long>(totals.orders()), static_cast<long long>(totals.outbox_events()),
      static_cast<long long>(totals.parked_events()), static_cast<long long>(totals.letters()));
  std::puts(
      "The stream keeps what it has until it is --stream_max_age old; run this once more then, for "
      "letters.");
}

}  // namespace

ExitCode RunErase(Invocation& invocation) {
  const Settings& settings = invocation.settings;
  const std::string customer = absl::GetFlag(FLAGS_customer);
  if (!invocation.arguments.empty()) {
    invocation.problems.Add(invocation.arguments[0], "is not expected");
  }
  if (customer.empty() || !IsUtf8(customer)) {
    invocation.problems.Add("--customer", "name the customer exactly as the orders do");
  }
  if (!invocation.problems.empty()) return ExitCode::kWrongUsage;
  if (!Confirm(invocation)) return ExitCode::kWrongUsage;

  Totals totals;
  // The producer first: what it publishes from then on does not name the customer any more.
  grpc::Status status = EraseAt(settings.orders, settings, customer, totals);
  if (status.ok()) status = EraseAt(settings.activity, settings, customer, totals);
  if (!status.ok()) {
    std::fprintf(stderr, "tally: %s", Describe(status).c_str());
    std::fputs("tally: what was done stays done; run it again\n", stderr);
    return ExitCodeOf(status);
  }
  if (settings.json) {
    std::puts(ToJson(totals).c_str());
  } else {
    Print(totals);
  }
  return ExitCode::kOk;
}

}  // namespace tally::client
