#!/usr/bin/env python3
"""A client with none of our code: what it knows of our services it learns through reflection.

    reflection_client.py --stubs=DIR --orders=HOST:PORT --activity=HOST:PORT --order=FILE

DIR holds the stubs of gRPC's own health and reflection services, FILE a PlaceOrderRequest as protobuf JSON, as grpcurl
takes it. Places that order and sees it counted; the exit code tells whether everything was as documented.
"""

import argparse
import json
import sys
import unittest

import grpc
from google.protobuf import descriptor_pb2, descriptor_pool, json_format, message_factory

args = argparse.ArgumentParser()
for flag in ("--stubs", "--orders", "--activity", "--order"):
    args.add_argument(flag, required=True)
args = args.parse_args()
sys.path.insert(0, args.stubs)

import health_pb2  # noqa: E402
import health_pb2_grpc  # noqa: E402
import reflection_pb2  # noqa: E402
import reflection_pb2_grpc  # noqa: E402

TIMEOUT_SECONDS = 30
ORDERS = "tally.orders.v1.OrderService"
ACTIVITY = "tally.activity.v1.ActivityService"


class Server:
    """A server and everything that its reflection tells."""

    def __init__(self, address):
        self.channel = grpc.insecure_channel(address)
        self.health = health_pb2_grpc.HealthStub(self.channel)
        self.pool = descriptor_pool.DescriptorPool()
        self.factory = message_factory.MessageFactory(self.pool)
        self.files = set()
        listed = self.reflect(list_services="")
        self.services = {service.name for service in listed.list_services_response.service}

    def reflect(self, **question):
        stub = reflection_pb2_grpc.ServerReflectionStub(self.channel)
        request = reflection_pb2.ServerReflectionRequest(**question)
        answer, = stub.ServerReflectionInfo(iter([request]), timeout=TIMEOUT_SECONDS)
        if answer.HasField("error_response"):
            raise LookupError(f"{question}: {answer.error_response.error_message}")
        return answer

    def learn(self, answer):
        """Adds the files of an answer to the pool, those they import first."""
        for serialized in answer.file_descriptor_response.file_descriptor_proto:
            file = descriptor_pb2.FileDescriptorProto.FromString(serialized)
            if file.name in self.files:
                continue
            self.files.add(file.name)
            for imported in file.dependency:
                if imported not in self.files:
                    self.learn(self.reflect(file_by_filename=imported))
            self.pool.Add(file)

    def message(self, name):
        """The class of a message, by its full name."""
        self.learn(self.reflect(file_containing_symbol=name))
        return self.factory.GetPrototype(self.pool.FindMessageTypeByName(name))

    def call(self, service, method, content):
        """Calls a method with a dict as protobuf JSON has it; the answer as such a dict."""
        self.learn(self.reflect(file_containing_symbol=service))
        found = self.pool.FindServiceByName(service).methods_by_name[method]
        request = self.factory.GetPrototype(found.input_type)
        response = self.factory.GetPrototype(found.output_type)
        call = self.channel.unary_unary(f"/{service}/{method}", request.SerializeToString, response.FromString)
        answer = call(json_format.ParseDict(content, request()), timeout=TIMEOUT_SECONDS)
        return json_format.MessageToDict(answer, descriptor_pool=self.pool)

    def details(self, error):
        """google.rpc.Status of a failed call and its details, by the names of their types."""
        trailer = dict(error.trailing_metadata())["grpc-status-details-bin"]
        status = self.message("google.rpc.Status").FromString(trailer)
        return status, {any.TypeName(): self.message(any.TypeName()).FromString(any.value) for any in status.details}


class ReflectionTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.orders = Server(args.orders)
        cls.activity = Server(args.activity)
        with open(args.order, encoding="utf-8") as file:
            cls.request = json.load(file)

    def test_services_are_listed(self):
        self.assertLessEqual({ORDERS, "tally.ops.v1.OutboxService", "grpc.health.v1.Health"}, self.orders.services)
        self.assertLessEqual({ACTIVITY, "tally.ops.v1.InboxService", "grpc.health.v1.Health"}, self.activity.services)

    def test_every_listed_service_can_be_described(self):
        for server in (self.orders, self.activity):
            for service in server.services:
                server.learn(server.reflect(file_containing_symbol=service))
                self.assertTrue(server.pool.FindServiceByName(service).methods)

    def test_an_order_is_placed_once_and_counted_once(self):
        placed = self.orders.call(ORDERS, "PlaceOrder", self.request)
        again = self.orders.call(ORDERS, "PlaceOrder", self.request)
        self.assertEqual(placed, again)
        order = placed["order"]
        self.assertEqual(order["customer"], self.request["customer"])
        self.assertEqual(len(order["lines"]), len(self.request["lines"]))
        self.assertEqual(order, self.orders.call(ORDERS, "GetOrder", {"orderId": order["orderId"]})["order"])

        year, month, day = map(int, order["placeTime"][:10].split("-"))
        counted = self.activity.call(ACTIVITY, "GetDailyActivity", {
            "date": {"year": year, "month": month, "day": day},
            "consistencyToken": placed["consistencyToken"],
        })
        self.assertEqual(counted["day"]["ordersCreated"], "1")
        self.assertEqual([revenue["created"] for revenue in counted["day"]["revenue"]], [order["total"]])

    def test_an_error_names_every_violated_field(self):
        wrong = dict(self.request, requestId="wrong-1", customer="", lines=[{"sku": "TEA", "quantity": -1}])
        with self.assertRaises(grpc.RpcError) as raised:
            self.orders.call(ORDERS, "PlaceOrder", wrong)
        self.assertEqual(raised.exception.code(), grpc.StatusCode.INVALID_ARGUMENT)
        status, details = self.orders.details(raised.exception)
        self.assertEqual(status.code, grpc.StatusCode.INVALID_ARGUMENT.value[0])
        self.assertEqual(details["google.rpc.ErrorInfo"].domain, "tallystick.dev")
        fields = {violation.field for violation in details["google.rpc.BadRequest"].field_violations}
        self.assertLessEqual({"customer", "lines[0].quantity"}, fields)

    def test_another_order_under_the_same_request_id_is_refused(self):
        first = dict(self.request, requestId="twice-1", placeTime="2001-02-03T04:05:06Z")
        self.orders.call(ORDERS, "PlaceOrder", first)
        with self.assertRaises(grpc.RpcError) as raised:
            self.orders.call(ORDERS, "PlaceOrder", dict(first, customer="bob"))
        self.assertEqual(raised.exception.code(), grpc.StatusCode.ALREADY_EXISTS)

    def test_health_is_told_for_each_service(self):
        for server, service in ((self.orders, ORDERS), (self.activity, ACTIVITY)):
            for name in ("", service, "liveness", "readiness"):
                answer = server.health.Check(health_pb2.HealthCheckRequest(service=name), timeout=TIMEOUT_SECONDS)
                self.assertEqual(answer.status, health_pb2.HealthCheckResponse.SERVING, name)
            with self.assertRaises(grpc.RpcError) as raised:
                server.health.Check(health_pb2.HealthCheckRequest(service="no.such.Service"), timeout=TIMEOUT_SECONDS)
            self.assertEqual(raised.exception.code(), grpc.StatusCode.NOT_FOUND)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
