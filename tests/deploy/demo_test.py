#!/usr/bin/env python3
"""The demo of deploy/kubernetes without Kubernetes: the programs with the manifests' own environment, configuration and
secrets; only where they listen and find each other is this machine.

    demo_test.py --source=DIR --bin=DIR --postgres_port=PORT --postgres_user=USER

At that port a PostgreSQL that does not ask for passwords.
"""

import argparse
import json
import os
import re
import socket
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.request
from pathlib import Path

import manifests

args = argparse.ArgumentParser()
for flag in ("--source", "--bin", "--postgres_port", "--postgres_user"):
    args.add_argument(flag, required=True)
args = args.parse_args()

SERVICES = {"order-service": "order_service", "activity-service": "activity_service"}
SCRATCH = tempfile.TemporaryDirectory()
_, DEMO = manifests.render(args.source, SCRATCH.name)
PSQL = {"PATH": os.environ["PATH"], "PGHOST": "127.0.0.1", "PGPORT": args.postgres_port}


def scratch(name, text):
    path = Path(SCRATCH.name) / name
    path.write_text(text)
    return str(path)


def eventually(look, seconds=30):
    """What `look` returns once it is true."""
    end = time.monotonic() + seconds
    while not (seen := look()):
        if time.monotonic() > end:
            raise TimeoutError(look)
        time.sleep(0.1)
    return seen


def start(program, **arguments):
    """A process that ends with the tests."""
    def end():
        process.kill()
        process.wait()
    process = subprocess.Popen(program, text=True, **arguments)
    unittest.addModuleCleanup(end)
    return process


def create_databases():
    passwords = Path(SCRATCH.name) / "passwords"
    passwords.mkdir()
    for role, password in DEMO.secret("postgresql").items():
        (passwords / role).write_text(password)
    script = scratch("create-databases.sh", DEMO.config("postgresql")["create-databases.sh"])
    subprocess.run(["sh", script], check=True, stdout=subprocess.DEVNULL,
                   env={**PSQL, "POSTGRES_USER": args.postgres_user, "PASSWORDS": str(passwords)})


def start_nats():
    """Returns HOST:PORT."""
    config = DEMO.config("nats")["nats.conf"].replace('"/data"', f'"{SCRATCH.name}/nats"')
    version = subprocess.run(["nats-server", "--version"], capture_output=True, text=True).stdout
    if tuple(map(int, re.search(r"v(\d+)\.(\d+)", version).groups())) < (2, 10):
        config = config.replace("sync_interval: always", "")
    passwords = DEMO.secret("nats")
    log = Path(SCRATCH.name) / "nats.log"
    with log.open("w") as stderr:
        server = start(
            ["nats-server", "--config", scratch("nats.conf", config), "--addr", "127.0.0.1", "--port", "-1",
             "--http_port", "-1", "--ports_file_dir", SCRATCH.name], stderr=stderr,
            env={"PATH": os.environ["PATH"], "POD_NAME": "nats-0",
                 "ORDER_SERVICE_PASSWORD": passwords["order_service"],
                 "ACTIVITY_SERVICE_PASSWORD": passwords["activity_service"]})

    def ports():
        assert server.poll() is None, log.read_text()
        written = "".join(file.read_text() for file in Path(SCRATCH.name).glob("*.ports"))
        return written.endswith("}") and json.loads(written)["nats"]

    return eventually(ports)[0].removeprefix("nats://")


class Service:
    def __init__(self, name, program, nats):
        container, = manifests.containers(DEMO.named("Deployment", name))
        environment = manifests.environment(DEMO, container)
        urls = DEMO.secret(name)
        moved = {"database": urls["database"].replace("postgresql:5432", "127.0.0.1:" + args.postgres_port),
                 "nats": urls["nats"].replace("nats:4222", nats)}
        for key, url in moved.items():
            assert url != urls[key]
            environment[f"TALLY_{key.upper()}_FILE"] = scratch(f"{name}-{key}", url)
        environment.update(TALLY_LISTEN="127.0.0.1:0", TALLY_HTTP="127.0.0.1:0")
        self.log = Path(SCRATCH.name) / f"{name}.log"
        with self.log.open("w") as log:
            process = start([Path(args.bin) / program], env=environment, stdout=subprocess.PIPE, stderr=log)
        with process.stdout:
            line = process.stdout.readline()
        assert line.startswith("ready "), self.log.read_text()
        self.grpc = line.split()[1]
        self.http = next(entry["http"] for entry in map(json.loads, self.log.open()) if "http" in entry)

    def probe(self, path):
        with urllib.request.urlopen(f"http://{self.http}{path}", timeout=10) as answer:
            return answer.status


class DemoTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        create_databases()
        cls.nats = start_nats()
        cls.services = {name: Service(name, program, cls.nats) for name, program in SERVICES.items()}

    def tally(self, *arguments):
        ended = subprocess.run(
            [Path(args.bin) / "tally", *arguments, "--json"], capture_output=True, text=True,
            env={"TALLY_ORDERS": self.services["order-service"].grpc,
                 "TALLY_ACTIVITY": self.services["activity-service"].grpc})
        self.assertEqual(ended.returncode, 0, ended.stderr)
        return json.loads(ended.stdout)

    def test_an_order_is_placed_and_counted(self):
        self.tally("place", "--customer=ada", "--line=TEA:2:3.50")
        activities = eventually(lambda: self.tally("activity")["days"][0].get("activities"))
        counts = {activity["activity"]: activity["count"] for activity in activities}
        self.assertEqual(counts, {"items.ordered": "2", "orders.created": "1"})

    def test_probes_pass(self):
        for service in self.services.values():
            for path in ("/livez", "/readyz"):
                self.assertEqual(service.probe(path), 200)

    def test_nats_refuses_who_is_not_named(self):
        host, port = self.nats.split(":")
        with socket.create_connection((host, int(port)), timeout=10) as connection:
            connection.sendall(b'CONNECT {"verbose":false}\r\nPING\r\n')
            answer = b"".join(iter(lambda: connection.recv(4096), b""))
        self.assertIn(b"Authorization Violation", answer)

    def test_a_service_cannot_enter_the_others_database(self):
        for user, database in (("order_service", "activity_service"), ("activity_service", "order_service")):
            refused = subprocess.run(
                ["psql", "-U", user, "-d", database, "-c", "SELECT 1"], env=PSQL, capture_output=True, text=True)
            self.assertIn("permission denied for database", refused.stderr)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
