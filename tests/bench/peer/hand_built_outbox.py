#!/usr/bin/python3
"""The outbox a careful team writes by hand, as pgbench scripts: what Tallystick is compared with.

    hand_built_outbox.py postgresql://…  [--orders N] [--clients 8]

Three programs at the same time, on one PostgreSQL server with the durability it has:

  place    one order a transaction: the order and its event, prepared statements
  relay    takes up to 100 events with FOR UPDATE SKIP LOCKED and deletes them; polls every 5 ms when there are none
  consume  100 events a transaction: remembers each id (INSERT … ON CONFLICT DO NOTHING) and adds to the day's row

The message bus is spared: an event that was placed counts as delivered at no cost. There is no gRPC either. Both are in
the peer's favour. Prints one JSON object: orders per second until the last is counted, version and settings.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

BATCH = 100
HERE = Path(__file__).resolve().parent


def psql(url, *arguments):
    return subprocess.run(["psql", url, "-XAtq", "-v", "ON_ERROR_STOP=1", *arguments],
                          check=True, capture_output=True, text=True).stdout.strip()


def pgbench(url, script, clients, *arguments):
    return subprocess.Popen(["pgbench", "-n", "-M", "prepared", "-c", str(clients), "-j", "1", "-f", str(HERE / script),
                             *arguments, url], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)


def finish(process):
    _, errors = process.communicate(timeout=300)
    if process.returncode != 0:
        sys.exit(errors)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("url")
    parser.add_argument("--orders", type=int, default=50_000)
    parser.add_argument("--clients", type=int, default=8)
    arguments = parser.parse_args()
    url, clients = arguments.url, arguments.clients
    each = arguments.orders // clients // BATCH * BATCH  # by one client
    orders = each * clients
    psql(url, "-f", str(HERE / "tables.sql"))

    start = time.monotonic()
    relay = pgbench(url, "relay.sql", 1, "-T", "300")
    place = pgbench(url, "place.sql", clients, "-t", str(each), "-D", "blob=\\x" + "a7" * 150, "-D", "headers=" + "h" * 60)
    consume = pgbench(url, "consume.sql", 1, "-t", str(orders // BATCH))
    finish(place)
    finish(consume)
    while psql(url, "-c", "SELECT count(*) FROM outbox") != "0":
        time.sleep(0.01)
    seconds = time.monotonic() - start
    relay.terminate()
    relay.wait()

    counted = int(psql(url, "-c", "SELECT sum(orders) FROM day"))
    if counted != orders:
        sys.exit(f"{counted} of {orders} orders were counted")
    print(json.dumps({
        "orders_per_second": orders / seconds,
        "version": psql(url, "-c", "SHOW server_version"),
        "settings": {name: psql(url, "-c", f"SHOW {name}") for name in ("fsync", "synchronous_commit")},
        "clients": clients,
        "batch": BATCH,
    }))


if __name__ == "__main__":
    main()
