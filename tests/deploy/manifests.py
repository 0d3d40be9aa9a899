"""What deploy/kubernetes comes to, as kubectl builds it."""

import base64
import json
import re
import shutil
import subprocess
from pathlib import Path

import yaml


class Rendered:
    """The objects of one folder with a kustomization."""

    def __init__(self, folder):
        self.objects = list(yaml.safe_load_all(kubectl_kustomize(folder)))

    def of_kind(self, *kinds):
        return [o for o in self.objects if o["kind"] in kinds]

    def named(self, kind, name):
        """The object of that name, or of that name and the hash of its content."""
        found = [o for o in self.of_kind(kind) if name in (o["metadata"]["name"], unhashed(o["metadata"]["name"]))]
        if len(found) != 1:
            raise LookupError(f"{len(found)} {kind} {name}")
        return found[0]

    def workloads(self):
        return self.of_kind("Deployment", "StatefulSet")

    def config(self, name):
        return self.named("ConfigMap", name)["data"]

    def secret(self, name):
        return {key: base64.b64decode(value).decode() for key, value in self.named("Secret", name)["data"].items()}


def unhashed(name):
    """A generated name without the hash of its content."""
    return re.sub("-[a-z0-9]{10}$", "", name)


def kubectl_kustomize(folder):
    # Debian 12's kubectl holds kustomize 2, which wants other folders apart from files.
    if b"Kustomize Version" not in subprocess.run(["kubectl", "version", "--client"], capture_output=True).stdout:
        name_folders_as_bases(folder)
    return subprocess.run(["kubectl", "kustomize", folder], check=True, capture_output=True, text=True).stdout


def name_folders_as_bases(folder):
    file = Path(folder) / "kustomization.yaml"
    content = yaml.safe_load(file.read_text())
    content["bases"] = [r for r in content["resources"] if (Path(folder) / r).is_dir()]
    content["resources"] = [r for r in content["resources"] if r not in content["bases"]]
    file.write_text(yaml.safe_dump(content))


def render(source, scratch):
    """Copies deploy/kubernetes, makes the demo's secrets, and returns (base, demo)."""
    copy = Path(scratch) / "kubernetes"
    shutil.copytree(Path(source) / "deploy/kubernetes", copy, ignore=shutil.ignore_patterns("secrets"))
    subprocess.run([copy / "overlays/demo/make-secrets"], check=True)
    return Rendered(copy / "base"), Rendered(copy / "overlays/demo")


def containers(workload):
    return workload["spec"]["template"]["spec"]["containers"]


def environment(rendered, container):
    """The container's plain environment: ConfigMaps, then its own values."""
    variables = {}
    for source in container.get("envFrom", []):
        variables.update(rendered.config(unhashed(source["configMapRef"]["name"])))
    for variable in container.get("env", []):
        if "value" in variable:
            variables[variable["name"]] = variable["value"]
    return variables


def as_kubernetes_reads(workload):
    """The workload without the fields that Kubernetes does not know."""
    read = subprocess.run(["kubectl", "set", "env", "--local", "-f", "-", "-o", "json", "ANY=thing"], check=True,
                          input=yaml.safe_dump(workload), capture_output=True, text=True)
    return json.loads(read.stdout)


def paths(node, path=""):
    """Every field of an object, as a path."""
    children = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else []
    for key, child in children:
        yield f"{path}/{key}"
        yield from paths(child, f"{path}/{key}")


def seconds(text):
    return float(re.fullmatch(r"([0-9.]+)s", text).group(1))
