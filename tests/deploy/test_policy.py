"""What must be true of everything that runs in the cluster, whichever overlay."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from libs.common.runtime.settings import Settings
from libs.ops.roster import KEY_FILES, SERVICES, processes
from tests.deploy.rendering import OVERLAYS, Object, Pod, of_kind, pods, rendered, selects, variables

BY_DIGEST = re.compile(r"[^@\s]+@sha256:[0-9a-f]{64}")
NAMED = {f"SUNLIT_{name.upper()}" for name in Settings.model_fields}
ENGINES = {"strimzi.io/cluster": "sunlit"}, {"cnpg.io/cluster": "sunlit-db"}
SECRET_WORDS = re.compile(r"(password|secret|token|key)$", re.IGNORECASE)
OUTSIDE = {"egress"}  # the namespace of the proxy


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_every_pod_keeps_the_restricted_standard(overlay: str) -> None:
    """Nobody, no privilege, no capability, a read-only root, the runtime's seccomp; the namespace enforces it."""
    for pod in pods(overlay):
        assert pod.spec["securityContext"]["runAsNonRoot"] is True, pod.name
        assert pod.spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}, pod.name
        for container in pod.containers:
            assert container["securityContext"] == {
                "allowPrivilegeEscalation": False,
                "readOnlyRootFilesystem": True,
                "capabilities": {"drop": ["ALL"]},
            }, pod.name
        assert not any(pod.spec.get(name) for name in ("hostNetwork", "hostPID", "hostIPC", "hostAliases")), pod.name
        kinds = {next(iter(volume.keys() - {"name"})) for volume in pod.spec["volumes"]}
        assert kinds <= {"emptyDir", "secret", "configMap", "projected"}, pod.name
    (namespace,) = of_kind(overlay, "Namespace")
    labels = namespace["metadata"]["labels"]
    assert {labels[f"pod-security.kubernetes.io/{mode}"] for mode in ("enforce", "audit", "warn")} == {"restricted"}


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_no_pod_but_the_drill_holds_a_token_of_the_cluster(overlay: str) -> None:
    """And the drill's may only make, see and delete its own cluster."""
    for pod in pods(overlay):
        assert pod.spec["automountServiceAccountToken"] is (pod.owner["metadata"]["name"] == "restore-drill"), pod.name
    rules = [rule for role in of_kind(overlay, "Role") for rule in role["rules"]]
    assert not of_kind(overlay, "ClusterRole", "ClusterRoleBinding")
    for rule in rules:
        assert rule["resources"] == ["clusters"]
        mine = set(rule["verbs"]) <= {"create"} or rule["resourceNames"] == ["sunlit-drill"]
        assert mine or (rule["resourceNames"], rule["verbs"]) == (["sunlit-db"], ["get"])


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_every_image_is_named_by_its_digest(overlay: str) -> None:
    """A tag may be moved; a digest may not."""
    for pod in pods(overlay):
        assert all(BY_DIGEST.fullmatch(container["image"]) for container in pod.containers), pod.name
    assert all(BY_DIGEST.fullmatch(one["spec"]["imageName"]) for one in of_kind(overlay, "Cluster"))


def test_a_closed_network_asks_its_own_registry_alone() -> None:
    """Every image of the airgap overlay comes from the site."""
    named = [c["image"] for pod in pods("airgap") for c in pod.containers]
    named += [one["spec"]["imageName"] for one in of_kind("airgap", "Cluster")]
    assert named and all(name.startswith("registry.sunlit.example/") for name in named)


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_every_pod_says_what_it_needs(overlay: str) -> None:
    """Requests for both, a limit of memory, none of the processor; the writable places have a size."""
    for pod in pods(overlay):
        for container in pod.containers:
            assert set(container["resources"]["requests"]) == {"cpu", "memory"}, pod.name
            assert set(container["resources"]["limits"]) == {"memory"}, pod.name
        assert all(v["emptyDir"].get("sizeLimit") for v in pod.spec["volumes"] if "emptyDir" in v), pod.name


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_probes_tell_the_truth(overlay: str) -> None:
    """Ready asks /readyz. Alive asks what needs neither database nor Kafka, nor, at the gateway, anybody else."""
    for pod in pods(overlay):
        if pod.owner["kind"] != "Deployment" or pod.labels["app.kubernetes.io/component"] == "collector":
            continue
        (container,) = pod.containers
        alive = "/readyz" if pod.labels["app.kubernetes.io/component"] == "gateway" else "/healthz"
        assert container["livenessProbe"]["httpGet"] == {"path": alive, "port": "http"}, pod.name
        assert container["startupProbe"]["httpGet"] == {"path": alive, "port": "http"}, pod.name
        assert container["readinessProbe"]["httpGet"] == {"path": "/readyz", "port": "http"}, pod.name


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_rollouts_and_evictions_leave_somebody_at_work(overlay: str) -> None:
    """A disruption budget and a spread for each Deployment; a worker is never doubled during a rollout."""
    budgets = of_kind(overlay, "PodDisruptionBudget")
    for pod in (pod for pod in pods(overlay) if pod.owner["kind"] == "Deployment"):
        held = [b for b in budgets if selects(b["spec"]["selector"], pod.labels)]
        assert [b["spec"]["maxUnavailable"] for b in held] == [1], pod.name
        assert {t["topologyKey"] for t in pod.spec["topologySpreadConstraints"]} >= {"kubernetes.io/hostname"}, pod.name
        strategy = pod.owner["spec"].get("strategy", {}).get("rollingUpdate")
        match pod.labels["app.kubernetes.io/component"]:
            case "worker":
                assert strategy == {"maxSurge": 0, "maxUnavailable": 1}, pod.name
                assert pod.spec["terminationGracePeriodSeconds"] >= 35, pod.name
            case "api" | "gateway":
                assert strategy == {"maxSurge": 1, "maxUnavailable": 0}, pod.name


@pytest.mark.parametrize("overlay", ["staging", "prod"])
def test_what_scales_scales_down_slowly(overlay: str) -> None:
    """APIs by load, workers by lag, never more workers than partitions; and nobody else sets the number."""
    partitions = int(
        next(m for m in of_kind(overlay, "ConfigMap") if "SUNLIT_KAFKA" in m["data"])["data"]["SUNLIT_TOPIC_PARTITIONS"]
    )
    scaled = {o["spec"]["scaleTargetRef"]["name"]: o["spec"] for o in of_kind(overlay, "ScaledObject")}
    by_load = {o["spec"]["scaleTargetRef"]["name"]: o["spec"] for o in of_kind(overlay, "HorizontalPodAutoscaler")}
    assert set(scaled) == {f"{service}-worker" for service in SERVICES}
    assert set(by_load) == {f"{service}-api" for service in SERVICES}
    for spec in scaled.values():
        down = spec["advanced"]["horizontalPodAutoscalerConfig"]["behavior"]["scaleDown"]
        assert down["stabilizationWindowSeconds"] >= 600 and spec["cooldownPeriod"] >= 300
        assert 2 <= spec["minReplicaCount"] <= spec["maxReplicaCount"] <= partitions
    assert all(spec["behavior"]["scaleDown"]["stabilizationWindowSeconds"] >= 600 for spec in by_load.values())
    for one in of_kind(overlay, "Deployment"):
        name = one["metadata"]["name"]
        assert ("replicas" in one["spec"]) is (name not in scaled and name not in by_load), name


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_the_processes_are_those_of_the_roster(overlay: str) -> None:
    """Commands, ports and environment: the same list as `sunlit up` and docker-compose.yml."""
    found = {pod.owner["metadata"]["name"]: pod for pod in pods(overlay) if pod.owner["kind"] == "Deployment"}
    ports = {one["metadata"]["name"]: one["spec"]["ports"][0]["port"] for one in of_kind(overlay, "Service")}
    assert {p.name for p in processes()} == set(found) - {"otel-collector"}
    for process in processes():
        pod, (container,) = found[process.name], found[process.name].containers
        environment = variables(overlay, pod)
        own = {name for name in environment if name.startswith("SUNLIT_")}
        assert tuple(container["args"]) == process.arguments
        assert [port["containerPort"] for port in container["ports"]] == [process.port] == [ports[process.name]]
        assert environment["SUNLIT_PORT"] == str(process.port)
        assert process.variables <= own <= NAMED, (process.variables - own, own - NAMED)
        assert secrets_of(pod)["keys"] == f"sunlit-keys-{process.service or 'gateway'}"
        told = environment.get("SUNLIT_UPSTREAMS")
        assert told is None or {p.name: f"{p.name}:{p.port}" for p in processes() if p.service} == dict(
            pair.split("=") for pair in str(told).split(",")
        )


def secrets_of(pod: Pod) -> dict[str, str]:
    """Volumes of a pod that hold secrets."""
    return {v["name"]: v["secret"]["secretName"] for v in pod.spec["volumes"] if "secret" in v}


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_schemas_and_topics_are_made_before_the_rollout(overlay: str) -> None:
    """Two jobs with the label by which they are applied first; the migration alone has the administrator's address."""
    jobs = {one["metadata"]["name"]: one for one in of_kind(overlay, "Job")}
    assert {name: one["metadata"]["labels"]["sunlit/step"] for name, one in jobs.items()} == {
        "migrate": "before",
        "topics": "before",
    }
    for pod in pods(overlay):
        uses = [value for value in variables(overlay, pod).values() if isinstance(value, dict)]
        admin = any(value["secretKeyRef"]["name"] == "sunlit-db-app" for value in uses)
        assert admin is (pod.name == "Job/migrate"), pod.name


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_no_secret_stands_in_clear(overlay: str) -> None:
    """No Secret object, no password in an address, no value under a name that means one; keys from known secrets."""
    assert of_kind(overlay, "Secret") == []
    text = str(rendered(overlay))
    assert not re.search(r"://[^/@\s']*:[^/@\s']+@", text)
    parts = {f"sunlit-keys-{part}" for part in KEY_FILES}
    for pod in pods(overlay):
        for name, value in variables(overlay, pod).items():
            assert not (SECRET_WORDS.search(name) and isinstance(value, str)), f"{pod.name}: {name}"
        assert set(secrets_of(pod).values()) <= parts | {"sunlit-db-ca", "sunlit-cluster-ca-cert"}, pod.name


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_every_pod_stands_behind_network_policies(overlay: str) -> None:
    """The default denies both ways; who may speak to whom is written, and only three processes reach the proxy."""
    policies = of_kind(overlay, "NetworkPolicy")
    (ground,) = (p for p in policies if p["metadata"]["name"] == "default-deny")
    assert ground["spec"] == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
    leaves = {process.name for process in processes() if process.leaves}
    for pod in pods(overlay):
        own = [p for p in policies if p["spec"]["podSelector"] and selects(p["spec"]["podSelector"], pod.labels)]
        assert own, f"{pod.name} may speak to nobody"
        spaces = {space for policy in own for space in namespaces(policy)}
        assert bool(spaces & OUTSIDE) is (pod.owner["metadata"]["name"] in leaves), pod.name
        blocks = [peer for policy in own for rule in policy["spec"].get("egress", []) for peer in rule["to"]]
        wide = any("ipBlock" in peer for peer in blocks)
        assert wide is (pod.name == "CronJob/restore-drill"), f"{pod.name} reaches addresses outside"
    for labels in ENGINES:
        assert any(p["spec"]["podSelector"] and selects(p["spec"]["podSelector"], labels) for p in policies)


def namespaces(policy: Object) -> Iterator[str]:
    """The other namespaces that a policy lets its pods speak to."""
    for rule in policy["spec"].get("egress", []):
        for peer in rule["to"]:
            if "namespaceSelector" in peer:
                yield peer["namespaceSelector"]["matchLabels"]["kubernetes.io/metadata.name"]


def reached(overlay: str, source: Pod, target: Pod, port: int) -> bool:
    """Whether policies on both sides let one pod of ours connect to another."""
    policies = of_kind(overlay, "NetworkPolicy")

    def allowed(side: str, own: Pod, other: Pod) -> bool:
        word = "to" if side == "egress" else "from"
        return any(
            selects(peer["podSelector"], other.labels)
            for policy in policies
            if side.capitalize() in policy["spec"]["policyTypes"] and selects(policy["spec"]["podSelector"], own.labels)
            for rule in policy["spec"].get(side, [])
            if any(p["port"] == port for p in rule["ports"])
            for peer in rule[word]
            if "podSelector" in peer and "namespaceSelector" not in peer
        )

    return allowed("egress", source, target) and allowed("ingress", target, source)


def test_services_reach_each_other_through_topics_alone() -> None:
    """No HTTP between services; the gateway alone asks them, and all of them reach the collector of traces."""
    ours = {pod.owner["metadata"]["name"]: pod for pod in pods("prod") if pod.owner["kind"] == "Deployment"}
    ports = {process.name: process.port for process in processes()}
    for name, port in ports.items():
        for source, pod in ours.items():
            expected = source == "gateway" and name != "gateway"
            assert reached("prod", pod, ours[name], port) is expected, f"{source} → {name}"
    for name in ports:
        assert reached("prod", ours[name], ours["otel-collector"], 4318) is (name != "gateway"), name


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_kafka_speaks_tls_with_names_and_makes_no_topic_by_itself(overlay: str) -> None:
    """TLS and SCRAM, authorisation on, our processes told so; in prod three copies of which two must have it."""
    (kafka,) = (one["spec"]["kafka"] for one in of_kind(overlay, "Kafka"))
    assert [(at["port"], at["tls"], at["authentication"]["type"]) for at in kafka["listeners"]] == [
        (9093, True, "scram-sha-512")
    ]
    assert kafka["authorization"] == {"type": "simple"} and kafka["config"]["auto.create.topics.enable"] is False
    worker = next(pod for pod in pods(overlay) if pod.owner["metadata"]["name"] == "approval-worker")
    told = variables(overlay, worker)
    assert (told["SUNLIT_KAFKA_SECURITY"], told["SUNLIT_KAFKA_SASL_MECHANISM"]) == ("SASL_SSL", "SCRAM-SHA-512")
    assert "sslmode=verify-full" in str(told["SUNLIT_DATABASE"])
    copies, least = int(told["SUNLIT_TOPIC_REPLICATION"]), int(told["SUNLIT_TOPIC_MIN_INSYNC"])
    assert (copies, least) == (kafka["config"]["default.replication.factor"], kafka["config"]["min.insync.replicas"])
    assert (copies, least) == ((1, 1) if overlay == "dev" else (3, 2))


@pytest.mark.parametrize("overlay", ["staging", "prod", "airgap"])
def test_the_database_has_a_second_copy_backups_and_a_drill(overlay: str) -> None:
    """No commit is acknowledged before a second instance has it; backups every night, a restore every week."""
    (cluster,) = (one["spec"] for one in of_kind(overlay, "Cluster"))
    assert cluster["instances"] == 3
    assert cluster["postgresql"]["synchronous"] == {"method": "any", "number": 1, "dataDurability": "required"}
    (store,), (plan,) = of_kind(overlay, "ObjectStore"), of_kind(overlay, "ScheduledBackup")
    assert cluster["plugins"][0]["parameters"]["barmanObjectName"] == store["metadata"]["name"]
    assert plan["spec"]["cluster"]["name"] == "sunlit-db" and len(plan["spec"]["schedule"].split()) == 6
    (drill,) = of_kind(overlay, "CronJob")
    assert drill["spec"]["concurrencyPolicy"] == "Forbid"


def test_the_vault_gives_every_secret_that_a_pod_mounts() -> None:
    """The component external-secrets names all parts of `sunlit keys split`."""
    given = {one["spec"]["target"]["name"] for one in of_kind("prod", "ExternalSecret")}
    assert {f"sunlit-keys-{part}" for part in KEY_FILES} <= given


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_the_database_has_room_for_every_process_at_its_most(overlay: str) -> None:
    """Pools of all replicas that a scaler may start, and a direct connection or two of each, below max_connections."""
    most = {
        o["spec"]["scaleTargetRef"]["name"]: o["spec"]["maxReplicas"]
        for o in of_kind(overlay, "HorizontalPodAutoscaler")
    }
    most |= {
        o["spec"]["scaleTargetRef"]["name"]: o["spec"]["maxReplicaCount"] for o in of_kind(overlay, "ScaledObject")
    }
    pool = Settings.model_fields["database_pool_size"].default
    wanted = 0
    for one in of_kind(overlay, "Deployment"):
        name = one["metadata"]["name"]
        if "sunlit/service" in one["metadata"]["labels"]:
            wanted += most.get(name, one["spec"].get("replicas", 0)) * (pool + 1)
    (cluster,) = of_kind(overlay, "Cluster")
    assert 0 < wanted <= int(cluster["spec"]["postgresql"]["parameters"]["max_connections"]) * 0.9, wanted
