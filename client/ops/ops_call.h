#pragma once

#include <algorithm>
#include <cstdio>
#include <functional>
#include <limits>
#include <memory>
#include <string>

#include <grpcpp/client_context.h>

#include "absl/flags/flag.h"
#include "client/calls/call_until.h"
#include "client/calls/channel.h"
#include "client/calls/failure.h"
#include "client/calls/messages.h"
#include "client/command.h"
#include "client/flags.h"

namespace tally::client {

// Stub of an operators' service, and the server it goes to.
template <typename Service>
struct OpsServer {
  explicit OpsServer(const Peer& where) : peer(where), stub(Service::NewStub(OpenChannel(where))) {}

  const Peer peer;
  const std::unique_ptr<typename Service::Stub> stub;
};

template <typename Service, typename Request, typename Response>
using OpsMethod = grpc::Status (Service::Stub::*)(grpc::ClientContext*, const Request&, Response*);

// Calls until --deadline; says on stderr what went wrong.
template <typename Service, typename Request, typename Response>
ExitCode CallOps(const Invocation& invocation, OpsServer<Service>& server,
                 OpsMethod<Service, Request, Response> method, const Request& request,
                 Response& response) {
  const grpc::Status status =
      CallUntil(invocation.settings.deadline, server.peer, [&](grpc::ClientContext& context) {
        return ((*server.stub).*method)(&context, request, &response);
      });
  if (!status.ok()) std::fprintf(stderr, "tally: %s", Describe(status).c_str());
  return ExitCodeOf(status);
}

// Lists until --limit entries or, with --all, to the end. Prints each page when it comes: as
// `show`, which begins with a heading line, does, or with --json the response itself.
template <typename Service, typename Request, typename Response>
ExitCode ListOps(const Invocation& invocation, OpsServer<Service>& server,
                 OpsMethod<Service, Request, Response> method, Request request,
                 const std::function<int(const Response&)>& count,
                 const std::function<std::string(const Response&)>& show) {
  constexpr int kPageMax = 1000;
  const int limit = absl::GetFlag(FLAGS_limit);
  const bool all = absl::GetFlag(FLAGS_all) || limit == 0;
  const int entries_max = all ? std::numeric_limits<int>::max() : limit;
  int listed = 0;
  bool first_page = true;
  do {
    request.set_page_size(std::min(entries_max - listed, kPageMax));
    Response page;
    const ExitCode code = CallOps(invocation, server, method, request, page);
    if (code != ExitCode::kOk) return code;
    if (invocation.settings.json) {
      std::puts(ToJson(page).c_str());
    } else if (count(page) > 0 || first_page) {
      const std::string table = show(page);
      std::fputs(table.c_str() + (first_page ? 0 : table.find('\n') + 1), stdout);
    }
    first_page = false;
    listed += count(page);
    request.set_page_token(page.next_page_token());
  } while (!request.page_token().empty() && listed < entries_max);
  if (!request.page_token().empty() && !invocation.settings.json) {
    std::fprintf(stderr, "There may be more; --all lists all.\n");
  }
  return ExitCode::kOk;
}

}  // namespace tally::client
