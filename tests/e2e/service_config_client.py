#!/usr/bin/env python3
"""What a client does that has the recommended service config, against servers that fail as ours may.

    service_config_client.py FILE
"""

import concurrent.futures
import json
import sys
import time
import unittest

import grpc

with open(sys.argv[1], encoding="utf-8") as file:
    CONFIG = file.read()
RETRIED = [grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.RESOURCE_EXHAUSTED]
FINAL = [grpc.StatusCode.INVALID_ARGUMENT, grpc.StatusCode.ALREADY_EXISTS, grpc.StatusCode.ABORTED,
         grpc.StatusCode.FAILED_PRECONDITION, grpc.StatusCode.INTERNAL]


class FailingServer(grpc.GenericRpcHandler):
    """Any method: fails with `code` the first `failures` times, then answers."""

    def __init__(self, code, failures):
        self.code, self.failures = code, failures
        self.requests = []
        self.server = grpc.server(concurrent.futures.ThreadPoolExecutor(2), handlers=[self])
        self.address = f"127.0.0.1:{self.server.add_insecure_port('127.0.0.1:0')}"
        self.server.start()

    def service(self, _):
        return grpc.unary_unary_rpc_method_handler(self.answer)

    def answer(self, request, context):
        self.requests.append(request)
        if len(self.requests) <= self.failures:
            context.abort(self.code, "as told")
        return b"answer"


def channel_to(*servers):
    target = "ipv4:" + ",".join(server.address for server in servers)
    return grpc.insecure_channel(target, options=[("grpc.service_config", CONFIG)])


def call(server, method):
    with channel_to(server) as channel:
        return channel.unary_unary(method)(b"the same request_id", timeout=20)


def unary_methods():
    for method in json.loads(CONFIG)["methodConfig"]:
        for name in method["name"]:
            if not name["method"].startswith("Watch"):
                yield f"/{name['service']}/{name['method']}"


class ServiceConfigTest(unittest.TestCase):
    def test_what_passes_is_retried_with_the_same_request(self):
        for method in unary_methods():
            for code in RETRIED:
                with self.subTest(method=method, code=code):
                    server = FailingServer(code, failures=2)
                    self.assertEqual(call(server, method), b"answer")
                    self.assertEqual(server.requests, [b"the same request_id"] * 3)

    def test_a_refusal_is_not_retried(self):
        for code in FINAL:
            with self.subTest(code=code):
                server = FailingServer(code, failures=1)
                with self.assertRaises(grpc.RpcError) as raised:
                    call(server, "/tally.orders.v1.OrderService/PlaceOrder")
                self.assertEqual(raised.exception.code(), code)
                self.assertEqual(len(server.requests), 1)

    def test_calls_go_round_all_instances(self):
        servers = [FailingServer(None, failures=0) for _ in range(3)]
        deadline = time.monotonic() + 20
        with channel_to(*servers) as channel:
            while not all(server.requests for server in servers):
                self.assertLess(time.monotonic(), deadline)
                channel.unary_unary("/tally.orders.v1.OrderService/GetOrder")(b"", timeout=20)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
