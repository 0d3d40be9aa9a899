#pragma once

#include <cstdint>
#include <string>

#include "absl/flags/declare.h"
#include "absl/time/time.h"
#include "common/config/host_port.h"
#include "common/config/nats_urls.h"

// Every flag of `tally`; which command takes which stands in the table of commands.

ABSL_DECLARE_FLAG(tally::config::HostPort, orders);
ABSL_DECLARE_FLAG(tally::config::HostPort, activity);
ABSL_DECLARE_FLAG(std::string, tls_ca);
ABSL_DECLARE_FLAG(std::string, tls_cert);
ABSL_DECLARE_FLAG(std::string, tls_key);
ABSL_DECLARE_FLAG(std::string, tls_server_name);
ABSL_DECLARE_FLAG(std::string, token_file);
ABSL_DECLARE_FLAG(bool, json);
ABSL_DECLARE_FLAG(absl::Duration, deadline);

ABSL_DECLARE_FLAG(std::string, customer);
ABSL_DECLARE_FLAG(std::string, currency);
ABSL_DECLARE_FLAG(std::string, line);
ABSL_DECLARE_FLAG(std::string, request_id);
ABSL_DECLARE_FLAG(std::string, place_time);
ABSL_DECLARE_FLAG(absl::Duration, wait);
ABSL_DECLARE_FLAG(std::string, reason);
ABSL_DECLARE_FLAG(std::string, etag);

ABSL_DECLARE_FLAG(std::string, state);
ABSL_DECLARE_FLAG(std::string, from);
ABSL_DECLARE_FLAG(std::string, to);
ABSL_DECLARE_FLAG(bool, newest_first);
ABSL_DECLARE_FLAG(int, limit);
ABSL_DECLARE_FLAG(std::string, time_zone);

ABSL_DECLARE_FLAG(std::string, date);
ABSL_DECLARE_FLAG(absl::Duration, interval);
ABSL_DECLARE_FLAG(absl::Duration, for);

ABSL_DECLARE_FLAG(std::string, lane);
ABSL_DECLARE_FLAG(std::string, source);
ABSL_DECLARE_FLAG(std::string, type);
ABSL_DECLARE_FLAG(std::string, error);
ABSL_DECLARE_FLAG(bool, unpublished);
ABSL_DECLARE_FLAG(bool, gaps);
ABSL_DECLARE_FLAG(bool, details);
ABSL_DECLARE_FLAG(bool, all);
ABSL_DECLARE_FLAG(bool, yes);

ABSL_DECLARE_FLAG(bool, deep);
ABSL_DECLARE_FLAG(std::string, metrics_file);

ABSL_DECLARE_FLAG(std::string, csv);
ABSL_DECLARE_FLAG(std::string, report);
ABSL_DECLARE_FLAG(int, concurrency);

ABSL_DECLARE_FLAG(double, rate);
ABSL_DECLARE_FLAG(absl::Duration, duration);
ABSL_DECLARE_FLAG(int64_t, count);
ABSL_DECLARE_FLAG(int, connections);
ABSL_DECLARE_FLAG(bool, bulk);
ABSL_DECLARE_FLAG(int, message_orders);
ABSL_DECLARE_FLAG(int, customers);
ABSL_DECLARE_FLAG(int, lines);
ABSL_DECLARE_FLAG(uint64_t, seed);

ABSL_DECLARE_FLAG(tally::config::NatsUrls, nats);
ABSL_DECLARE_FLAG(absl::Duration, ack_wait);
ABSL_DECLARE_FLAG(std::string, database_id);
ABSL_DECLARE_FLAG(bool, adopt);
ABSL_DECLARE_FLAG(bool, update);
ABSL_DECLARE_FLAG(bool, dry_run);
