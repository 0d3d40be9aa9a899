#!/usr/bin/env python3
"""The manifests of deploy/kubernetes: built by kubectl, then held against the programs they run.

    kubernetes_test.py --source=DIR --bin=DIR --version=VERSION
"""

import argparse
import re
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import manifests

args = argparse.ArgumentParser()
for flag in ("--source", "--bin", "--version"):
    args.add_argument(flag, required=True)
args = args.parse_args()

SERVICES = {"order-service": "order_service", "activity-service": "activity_service"}
STOP_AFTER_DRAIN_SECONDS = 10  # as `--help` says of --drain_timeout
SCRATCH = tempfile.TemporaryDirectory()
BASE, DEMO = manifests.render(args.source, SCRATCH.name)


def run(program, *arguments, **environment):
    return subprocess.run([Path(args.bin) / program, *arguments], env=environment, capture_output=True, text=True)


def variables_of(program):
    """Every variable that the program knows."""
    return set(re.findall(r"^  --\w+  \((TALLY_\w+)\)$", run(program, "--help").stdout, re.M))


def service_containers(rendered):
    for name, program in SERVICES.items():
        container, = manifests.containers(rendered.named("Deployment", name))
        yield name, program, container


class ServicesTest(unittest.TestCase):
    def test_every_variable_is_a_flag_of_the_program(self):
        for rendered in (BASE, DEMO):
            for name, program, container in service_containers(rendered):
                known = variables_of(program)
                self.assertIn("TALLY_LISTEN", known)
                for variable in manifests.environment(rendered, container):
                    self.assertIn(variable.removesuffix("_FILE"), known, name)

    def test_the_program_takes_every_value(self):
        for name, program, container in service_containers(DEMO):
            environment = manifests.environment(DEMO, container)
            for key, text in DEMO.secret(name).items():
                path = Path(SCRATCH.name) / f"{name}-{key}"
                path.write_text(text)
                environment[f"TALLY_{key.upper()}_FILE"] = str(path)
            wrong = run(program, "--database_sessions=0", **environment)
            self.assertEqual(wrong.returncode, 2, wrong.stderr)
            problems = re.findall(r"^  (\S+):", wrong.stderr, re.M)  # all at once, so it has read the rest too
            self.assertEqual(set(problems), {"--database_sessions"}, wrong.stderr)

    def test_the_command_is_the_program(self):
        for _, program, container in service_containers(BASE):
            self.assertEqual(container["command"], [program])
            self.assertEqual(container.get("args", []), [])

    def test_the_image_is_of_this_version(self):
        for rendered in (BASE, DEMO):
            for _, _, container in service_containers(rendered):
                self.assertEqual(container["image"], f"tallystick:{args.version}")

    def test_ports_are_those_the_program_listens_on(self):
        for name, _, container in service_containers(BASE):
            variables = manifests.environment(BASE, container)
            ports = {port["name"]: port["containerPort"] for port in container["ports"]}
            self.assertEqual(variables["TALLY_LISTEN"], f"0.0.0.0:{ports['grpc']}")
            self.assertEqual(variables["TALLY_HTTP"], f"0.0.0.0:{ports['http']}")
            for port in BASE.named("Service", name)["spec"]["ports"]:
                self.assertEqual(port["port"], ports[port["targetPort"]])

    def test_probes_ask_what_the_program_answers(self):
        for _, program, container in service_containers(BASE):
            described = run(program, "--help").stdout
            for probe, path in (("startupProbe", "/livez"), ("livenessProbe", "/livez"), ("readinessProbe", "/readyz")):
                self.assertEqual(container[probe]["httpGet"], {"path": path, "port": "http"})
                self.assertIn(path, described)

    def test_a_stop_has_the_time_it_may_take(self):
        for rendered in (BASE, DEMO):
            for name, _, container in service_containers(rendered):
                spec = rendered.named("Deployment", name)["spec"]["template"]["spec"]
                drain = manifests.seconds(manifests.environment(rendered, container)["TALLY_DRAIN_TIMEOUT"])
                self.assertGreater(spec["terminationGracePeriodSeconds"], drain + STOP_AFTER_DRAIN_SECONDS)

    def test_calls_find_every_instance(self):
        for name in SERVICES:
            self.assertEqual(BASE.named("Service", name)["spec"]["clusterIP"], "None")

    def test_one_instance_at_a_time_may_be_taken_away(self):
        for name in SERVICES:
            self.assertEqual(BASE.named("PodDisruptionBudget", name)["spec"]["maxUnavailable"], 1)
            self.assertGreater(BASE.named("Deployment", name)["spec"]["replicas"], 1)


class EveryWorkloadTest(unittest.TestCase):
    def each(self, check):
        for rendered in (BASE, DEMO):
            for workload in rendered.workloads():
                with self.subTest(workload["metadata"]["name"]):
                    check(rendered, workload, workload["spec"]["template"]["spec"])

    def test_kubernetes_knows_every_field(self):
        def check(_, workload, __):
            known = set(manifests.paths(manifests.as_kubernetes_reads(workload)))
            self.assertEqual(set(manifests.paths(workload)) - known, set())
        self.each(check)

    def test_nothing_runs_as_root_or_writes_where_it_should_not(self):
        def check(_, __, pod):
            self.assertIs(pod["securityContext"]["runAsNonRoot"], True)
            self.assertGreater(pod["securityContext"]["runAsUser"], 0)
            self.assertIs(pod["automountServiceAccountToken"], False)
            for container in pod["containers"]:
                security = container["securityContext"]
                self.assertIs(security["allowPrivilegeEscalation"], False)
                self.assertIs(security["readOnlyRootFilesystem"], True)
                self.assertEqual(security["capabilities"], {"drop": ["ALL"]})
        self.each(check)

    def test_resources_are_requested_and_limited(self):
        def check(_, __, pod):
            for container in pod["containers"]:
                for bound in ("requests", "limits"):
                    self.assertEqual(set(container["resources"][bound]), {"cpu", "memory"})
        self.each(check)

    def test_everything_is_probed(self):
        def check(_, __, pod):
            for container in pod["containers"]:
                self.assertLessEqual({"startupProbe", "livenessProbe", "readinessProbe"}, set(container))
        self.each(check)

    def test_selectors_select_the_pods(self):
        def check(rendered, workload, _):
            labels = workload["spec"]["template"]["metadata"]["labels"].items()
            self.assertLessEqual(workload["spec"]["selector"]["matchLabels"].items(), labels)
            service = rendered.named("Service", workload["metadata"]["name"])
            self.assertLessEqual(service["spec"]["selector"].items(), labels)
        self.each(check)

    def test_mounts_have_volumes(self):
        def check(_, workload, pod):
            volumes = {volume["name"] for volume in pod.get("volumes", [])}
            volumes |= {claim["metadata"]["name"] for claim in workload["spec"].get("volumeClaimTemplates", [])}
            for container in pod["containers"]:
                self.assertEqual({mount["name"] for mount in container["volumeMounts"]}, volumes)
        self.each(check)


class DemoTest(unittest.TestCase):
    def test_every_reference_is_there(self):
        names = {kind: {o["metadata"]["name"] for o in DEMO.of_kind(kind)}
                 for kind in ("Secret", "ConfigMap", "ServiceAccount")}
        referred = {kind: set() for kind in names}
        for workload in DEMO.workloads():
            spec = workload["spec"]["template"]["spec"]
            if "serviceAccountName" in spec:
                referred["ServiceAccount"].add(spec["serviceAccountName"])
            for volume in spec.get("volumes", []):
                if "secret" in volume:
                    referred["Secret"].add(volume["secret"]["secretName"])
                if "configMap" in volume:
                    referred["ConfigMap"].add(volume["configMap"]["name"])
            for container in spec["containers"]:
                for source in container.get("envFrom", []):
                    referred["ConfigMap"].add(source["configMapRef"]["name"])
                for variable in container.get("env", []):
                    if "valueFrom" in variable and "secretKeyRef" in variable["valueFrom"]:
                        referred["Secret"].add(variable["valueFrom"]["secretKeyRef"]["name"])
        self.assertEqual(referred, names)

    def test_files_named_in_the_environment_are_mounted(self):
        for workload in DEMO.workloads():
            volumes = {v["name"]: v for v in workload["spec"]["template"]["spec"].get("volumes", [])}
            for container in manifests.containers(workload):
                files = set()
                for mount in container["volumeMounts"]:
                    secret = volumes.get(mount["name"], {}).get("secret")
                    if secret:
                        keys = DEMO.secret(manifests.unhashed(secret["secretName"]))
                        files |= {f"{mount['mountPath']}/{key}" for key in keys}
                for variable, value in manifests.environment(DEMO, container).items():
                    if variable.endswith("_FILE"):
                        self.assertIn(value, files)

    def test_passwords_are_made_up_and_differ(self):
        passwords = list(DEMO.secret("postgresql").values()) + list(DEMO.secret("nats").values())
        self.assertEqual(len(set(passwords)), 5)
        for password in passwords:
            self.assertRegex(password, r"^p[0-9a-f]{32}$")

    def test_the_urls_lead_to_the_servers_of_the_demo(self):
        for name, program in SERVICES.items():
            urls = DEMO.secret(name)
            for key, server, secret in (("database", "postgresql", "postgresql"), ("nats", "nats", "nats")):
                user, password, host, port = re.fullmatch(r"\w+://(\w+):(\w+)@(\w+):(\d+).*", urls[key]).groups()
                self.assertEqual((user, password), (program, DEMO.secret(secret)[program]))
                self.assertIn(int(port), [p["port"] for p in DEMO.named("Service", host)["spec"]["ports"]])
                self.assertEqual(host, server)

    def test_data_outlives_the_pods(self):
        for name, path in (("nats", "/data"), ("postgresql", "/var/lib/postgresql/data")):
            workload = DEMO.named("StatefulSet", name)
            claim, = workload["spec"]["volumeClaimTemplates"]
            mounts = {m["name"]: m["mountPath"] for m in manifests.containers(workload)[0]["volumeMounts"]}
            self.assertEqual(mounts[claim["metadata"]["name"]], path)
        self.assertIn('store_dir: "/data"', DEMO.config("nats")["nats.conf"])


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
