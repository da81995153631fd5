"""The overlays as the cluster would get them: a copy of deploy/, with a digest recorded for our own image."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import yaml

from libs.ops import images
from libs.ops.engines.places import ROOT

OVERLAYS = ("dev", "staging", "prod", "airgap")
KUBECTL = ROOT / ".venv" / "bin" / "kubectl"
# stands for the digest that a push gives: the file that the image is built from has one too
OWN_DIGEST = "sha256:" + hashlib.sha256((ROOT / "Dockerfile").read_bytes()).hexdigest()

Object = dict[str, Any]


@dataclass(frozen=True)
class Pod:
    """A pod template with the object that holds it."""

    owner: Object
    template: Object

    @property
    def name(self) -> str:
        return f"{self.owner['kind']}/{self.owner['metadata']['name']}"

    @property
    def spec(self) -> Object:
        return self.template["spec"]

    @property
    def labels(self) -> Mapping[str, str]:
        return self.template["metadata"]["labels"]

    @property
    def containers(self) -> list[Object]:
        return [*self.spec.get("initContainers", []), *self.spec["containers"]]


def kustomize(folder: Path) -> list[Object]:
    """What kustomize makes of a folder."""
    kubectl = str(KUBECTL) if KUBECTL.exists() else "kubectl"
    done = subprocess.run([kubectl, "kustomize", str(folder)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{folder.name}: {done.stderr}"
    return [one for one in yaml.load_all(done.stdout, yaml.CSafeLoader) if one]


@cache
def rendered(overlay: str) -> tuple[Object, ...]:
    """The objects of an overlay, every image by digest."""
    with TemporaryDirectory() as scratch:
        copy = Path(scratch) / "deploy"
        shutil.copytree(ROOT / "deploy", copy)
        pins = copy / "k8s" / "components" / "pins" / "kustomization.yaml"
        images.record("sunlit-hall", OWN_DIGEST, copy / "images.lock", pins)
        return tuple(kustomize(copy / "k8s" / "overlays" / overlay))


def of_kind(overlay: str, *kinds: str) -> list[Object]:
    """The objects of some kinds."""
    return [one for one in rendered(overlay) if one["kind"] in kinds]


def pods(overlay: str) -> Iterator[Pod]:
    """Every pod template that we write ourselves."""
    for one in rendered(overlay):
        match one["kind"]:
            case "Deployment" | "StatefulSet" | "DaemonSet" | "Job":
                yield Pod(one, one["spec"]["template"])
            case "CronJob":
                yield Pod(one, one["spec"]["jobTemplate"]["spec"]["template"])


def variables(overlay: str, pod: Pod) -> dict[str, object]:
    """What the first container finds in its environment: values, or the reference to a secret."""
    maps = {one["metadata"]["name"]: one["data"] for one in of_kind(overlay, "ConfigMap")}
    container = pod.spec["containers"][0]
    found: dict[str, object] = {}
    for source in container.get("envFrom", []):
        found |= maps[source["configMapRef"]["name"]]
    for entry in container.get("env", []):
        found[entry["name"]] = entry.get("value", entry.get("valueFrom"))
    return found


def selects(selector: Mapping[str, Any], labels: Mapping[str, str]) -> bool:
    """Whether a label selector finds a pod with these labels."""
    for key, value in selector.get("matchLabels", {}).items():
        if labels.get(key) != value:
            return False
    for term in selector.get("matchExpressions", []):
        there = labels.get(term["key"])
        match term["operator"]:
            case "In" if there not in term["values"]:
                return False
            case "NotIn" if there in term["values"]:
                return False
            case "Exists" if there is None:
                return False
    return True
