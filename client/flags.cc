#include "client/flags.h"

#include "absl/flags/flag.h"

using tally::config::HostPort;
using tally::config::NatsUrls;

ABSL_FLAG(HostPort, orders, (HostPort{"127.0.0.1", 50051}), "Where order_service listens.");
ABSL_FLAG(HostPort, activity, (HostPort{"127.0.0.1", 50052}), "Where activity_service listens.");
ABSL_FLAG(std::string, tls_ca, "",
          "File with the certificates, in PEM, one of which must have signed the services'; with "
          "it connections are encrypted.");
ABSL_FLAG(std::string, tls_cert, "",
          "File with the own certificate, in PEM, for services that ask for one.");
ABSL_FLAG(std::string, tls_key, "", "File with the key of --tls_cert, in PEM, no passphrase.");
ABSL_FLAG(std::string, tls_server_name, "",
          "The name that the services' certificates must hold, where it is not the host of "
          "--orders or --activity: behind a tunnel, say.");
ABSL_FLAG(std::string, token_file, "",
          "File with the JSON Web Token that is sent with each call; read again as it changes.");
ABSL_FLAG(bool, json, false,
          "Print responses as protobuf JSON, one message on a line (list: one for each page).");
ABSL_FLAG(absl::Duration, deadline, absl::Seconds(30),
          "How long a request is tried again, under the same request_id, while the service is "
          "away; import and load: each order.");

ABSL_FLAG(std::string, customer, "", "Who orders; in a list: only this customer's orders.");
ABSL_FLAG(std::string, currency, "GBP", "ISO 4217 code of all prices.");
ABSL_FLAG(std::string, line, "", "SKU:QUANTITY:PRICE[:DESCRIPTION]; give it once for each line.");
ABSL_FLAG(std::string, request_id, "",
          "The same id does the same once, however often; made up if not given.");
ABSL_FLAG(std::string, place_time, "", "When the order was placed, RFC 3339; now if not given.");

ABSL_FLAG(absl::Duration, wait, absl::ZeroDuration(),
          "After placing, wait so long until activity_service has counted the order, and show its "
          "day; --wait alone: 10s; 0: do not wait.");

ABSL_FLAG(std::string, reason, "", "Why, for people; it is kept.");
ABSL_FLAG(std::string, etag, "", "Cancel only if the order's etag is still this one.");

ABSL_FLAG(std::string, state, "", "Only what is in this state; of orders `placed` or `cancelled`.");
ABSL_FLAG(
    std::string, from, "",
    "activity: first day, as 2010-12-01, today if not given. list: only orders placed then or "
    "later, a day (UTC) or RFC 3339 time; ops: only letters that first failed then or later.");
ABSL_FLAG(
    std::string, to, "",
    "activity: last day, included, today if not given. list: only orders placed until the end "
    "of this day (UTC), or before this RFC 3339 time; ops: only letters that first failed so.");
ABSL_FLAG(bool, newest_first, false, "List the newest orders first.");
ABSL_FLAG(int, limit, 50, "The most entries to list; 0: all.");
ABSL_FLAG(std::string, time_zone, "UTC", "The time zone of the days, an IANA name.");

ABSL_FLAG(std::string, date, "",
          "The day to watch, as 2010-12-01; if not given: today, and over midnight to the next.");
ABSL_FLAG(absl::Duration, interval, absl::Seconds(1),
          "The least time between two changes, 100ms to 1m: what comes quickly is shown as one.");
ABSL_FLAG(absl::Duration, for, absl::ZeroDuration(), "End after this time; 0: do not end.");

ABSL_FLAG(std::string, lane, "", "Only what belongs to this lane, a UUID.");
ABSL_FLAG(std::string, source, "", "Only what belongs to this producer.");
ABSL_FLAG(std::string, type, "", "Only events of this type, as tally.events.v1.OrderCreated.");
ABSL_FLAG(std::string, error, "", "Only letters whose error contains this text.");
ABSL_FLAG(bool, unpublished, false, "Only lanes with events that are not published yet.");
ABSL_FLAG(bool, gaps, false, "Only lanes of which something above the watermark is covered.");
ABSL_FLAG(bool, details, false,
          "Show headers and payload too; there may be personal data in them.");
ABSL_FLAG(bool, all, false,
          "A list: to its end, instead of --limit. A change: everything there is to change.");
ABSL_FLAG(bool, yes, false, "Do not ask before what cannot be undone.");

ABSL_FLAG(bool, deep, false,
          "Compare the orders themselves with the statistics too, UTC day by UTC day: reads every "
          "order from --from to --to.");
ABSL_FLAG(std::string, metrics_file, "",
          "Write the result to this file in the text format of Prometheus, whole or not at all, "
          "as node_exporter's textfile collector reads it.");

ABSL_FLAG(std::string, csv, "", "The file to import.");
ABSL_FLAG(std::string, report, "",
          "File to write every line left out and every order that failed to, with line numbers.");
ABSL_FLAG(int, concurrency, 64, "The most orders under way at once, 1 to 10000.");

ABSL_FLAG(double, rate, 0,
          "Orders per second, sent by the clock whatever the answers do; 0: each answer makes room "
          "for the next order, as fast as it goes.");
ABSL_FLAG(absl::Duration, duration, absl::ZeroDuration(), "How long to send orders.");
ABSL_FLAG(int64_t, count, 0,
          "load: how many orders to send. watch: end after so many messages, 0: do not end.");
ABSL_FLAG(int, connections, 1, "Connections to order_service, each with a thread, 1 to 64.");
ABSL_FLAG(
    bool, bulk, false,
    "Place the orders through a PlaceOrders stream for each connection instead of a call each.");
ABSL_FLAG(int, message_orders, 100,
          "With --bulk, the most orders in one message, 1 to 100; fewer where fewer wait.");
ABSL_FLAG(int, customers, 1000, "How many customers the orders come from, few of them often.");
ABSL_FLAG(int, lines, 0, "Lines of each order, at most 1000; 0: 1 to 5, mostly few.");
ABSL_FLAG(uint64_t, seed, 1, "The same seed makes the same orders, under new request_ids.");

ABSL_FLAG(NatsUrls, nats, (NatsUrls{{"nats://127.0.0.1:4222"}}),
          "NATS servers of one cluster, separated by commas, with the account of an administrator; "
          "with a password better by environment or file.");
ABSL_FLAG(absl::Duration, ack_wait, absl::Seconds(5), "As activity_service is started with.");
ABSL_FLAG(std::string, database_id, "",
          "The database the durable feeds, as activity_service names it in its log and status; "
          "asked of --activity if not given.");
ABSL_FLAG(bool, adopt, false,
          "Let a durable that feeds another database feed this one from now on.");
ABSL_FLAG(bool, update, false, "Change settings that differ, as far as the server allows.");
ABSL_FLAG(bool, dry_run, false, "Only look.");
