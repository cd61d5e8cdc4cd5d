#!/usr/bin/env python3
"""larder export kubernetes: what the strategy writes by hand, from the INI, with what it left open settled; valid by the schemas; c-C10."""
import os
import re
import stat
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from manifests import IMAGE, Export, bind, pod, read, run, write, yaml  # noqa: E402,F401

# The manifests of the strategy, word for word but for what a driver says (test-infra-services.py), and the modes of the volume: a test below.
STRATEGY = """
kind: PersistentVolume
metadata: {name: efs-models-pv}
spec:
  capacity: {storage: 500Gi}
  volumeMode: Filesystem
  persistentVolumeReclaimPolicy: Retain
  storageClassName: efs-sc
---
kind: PersistentVolumeClaim
metadata: {name: efs-models-pvc, namespace: prod}
spec:
  accessModes: [ReadOnlyMany]
  storageClassName: efs-sc
  resources: {requests: {storage: 500Gi}}
---
kind: Job
metadata: {name: model-sync-job, namespace: prod}
spec:
  template:
    spec:
      restartPolicy: OnFailure
"""


def holds(got, wanted, at=""):
    """Everything of `wanted` is in `got`."""
    if isinstance(wanted, dict):
        for key, value in wanted.items():
            assert key in got, at + "." + key
            holds(got[key], value, at + "." + key)
    else:
        assert got == wanted, (at, got, wanted)


def containers(spec):
    return spec.get("initContainers", []) + spec["containers"]


def refused(key, *words, cache=None, filesystem=None):
    got = Export(cache=cache, filesystem=filesystem).run(*words)
    assert got.code == 2 and got.out == "" and "'%s'" % key in got.err and "next: " in got.err, (key, got.code, got.err)
    return got.err


def test_infra_kubernetes_as_the_strategy():
    documents = Export().documents()
    assert list(documents) == ["PersistentVolume/efs-models-pv", "PersistentVolume/efs-models-pv-rw", "PersistentVolumeClaim/efs-models-pvc",
                               "PersistentVolumeClaim/efs-models-pvc-rw", "Job/model-sync-job"], list(documents)
    for wanted in yaml.safe_load_all(STRATEGY):
        holds(documents["%s/%s" % (wanted["kind"], wanted["metadata"]["name"])], wanted)
    spec = pod(documents["Job/model-sync-job"])
    only, = spec["containers"]
    assert spec["volumes"][0] == {"name": "models", "persistentVolumeClaim": {"claimName": "efs-models-pvc-rw"}}
    assert only["name"] == "model-downloader" and only["image"] == IMAGE and spec["serviceAccountName"] == "model-sync"
    assert only["volumeMounts"][0] == {"name": "models", "mountPath": "/models"}
    assert only["resources"] == {"requests": {"cpu": "1", "memory": "2Gi"}}, only["resources"]
    assert only["command"] + only["args"] == ["larder", "model", "pull", "--cache", "models", "--state", "/state"]
    assert {"name": "LENT_REGION", "value": "here"} in only["env"] and {"name": "LARDER_PROFILE", "value": "test"} in only["env"]


def test_infra_kubernetes_claims_bind():
    """c-C10: each claim names its volume and could be bound to it, the read-only and the read-write one, over one file system."""
    documents = Export().documents()
    assert bind(documents) == {"efs-models-pvc": "efs-models-pv", "efs-models-pvc-rw": "efs-models-pv-rw"}
    one, two = (documents["PersistentVolume/efs-models-pv" + more]["spec"] for more in ("", "-rw"))
    assert one["accessModes"] == ["ReadWriteMany", "ReadOnlyMany"] and one["mountOptions"] == ["ro"], "the first is what a node asks the plugin for"
    assert two["accessModes"] == ["ReadWriteMany"] and "mountOptions" not in two
    assert one["csi"]["volumeHandle"] == "shelf-1" and one["csi"]["volumeAttributes"] == {"access-point": "/models", "path": "/models", "read-only": "yes"}
    plain = Export(cache={"storage-class": None}, filesystem={"expected-size": "1.5TB"}).documents()
    bind(plain)
    assert plain["PersistentVolumeClaim/efs-models-pvc"]["spec"]["storageClassName"] == ""
    assert plain["PersistentVolume/efs-models-pv"]["spec"]["capacity"]["storage"] == "1.5Ti"


def test_infra_kubernetes_names_what_is_missing():
    for key in ("image", "service-account", "namespace", "job", "claim", "claim-rw", "volume", "cpu", "memory", "volume-path", "prefixes"):
        refused(key, cache={key: None})
    for key in ("expected-size", "owner"):
        refused(key, filesystem={key: None})


def test_infra_kubernetes_image_is_pinned():
    digest = "@sha256:" + "0123456789abcdef" * 4
    for image in ("larder", "larder:latest", "registry.example:5000/larder", "larder:", "larder@sha256:12", "larder" + digest + "0"):
        refused("image", cache={"image": image})
    for image in ("larder:0.1.0", "registry.example:5000/larder:0.1.0", "registry.example:5000/larder" + digest):
        assert pod(Export(cache={"image": image}).documents()["Job/model-sync-job"])["containers"][0]["image"] == image


def test_infra_kubernetes_refuses_what_a_cluster_would_later():
    for key, value in (("namespace", "Prod"), ("job", "model_sync"), ("claim", "-models"), ("claim-rw", "efs-models-pvc"), ("cpu", "one"),
                       ("memory", "2GB"), ("memory-limit", "2 Gi"), ("schedule", '"cron(0 2 * * ? *)"'), ("schedule", '"30 2 * *"'), ("root", "./models")):
        refused(key, cache={key: value})
    refused("owner", filesystem={"owner": "0:0"})
    refused("job", cache={"job": "j" * 53, "schedule": '"30 2 * * *"'})


def test_infra_kubernetes_which_cache():
    """The only one, or the one that is named; one without a file system has no volume."""
    export = Export()
    text = read(export.config).decode()
    head, _, rest = text.partition('[cache "models"]\n')
    body, mark, after = rest.partition("\n[")
    write(export.config, (text + '\n[cache "second"]\n' + body.replace("model-sync-job", "second-job") + "\n").encode())
    got = export.run()
    assert got.code == 2 and got.out == "" and "more than one [cache]" in got.err and "--cache NAME" in got.err, got.err
    for name, job in (("models", "Job/model-sync-job"), ("second", "Job/second-job")):
        documents = export.documents("--cache", name)
        assert job in documents and pod(documents[job])["containers"][0]["args"][3] == name, (name, list(documents))
    got = export.run("--cache", "secnod")
    assert got.code == 3 and "did you mean 'second'" in got.err, got.err
    write(export.config, (head + mark.lstrip("\n") + after).encode())
    got = export.run()
    assert got.code == 2 and "no [cache] section" in got.err and "next:" in got.err, got.err
    refused("store", cache={"store": None})


def test_infra_kubernetes_pods_have_few_rights():
    documents = Export().documents("--reader")
    for name in ("Job/model-sync-job", "Pod/model-reader"):
        spec = pod(documents[name])
        holds(spec, {"automountServiceAccountToken": False, "terminationGracePeriodSeconds": 30, "securityContext": {
            "runAsNonRoot": True, "runAsUser": 1000, "runAsGroup": 1000, "seccompProfile": {"type": "RuntimeDefault"}}})
        assert {"name": "state", "emptyDir": {}} in spec["volumes"]
        for container in containers(spec):
            holds(container, {"terminationMessagePath": "/dev/termination-log", "terminationMessagePolicy": "FallbackToLogsOnError", "securityContext": {
                "allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True, "capabilities": {"drop": ["ALL"]}}})
            assert {"name": "state", "mountPath": "/state"} in container["volumeMounts"] and {"name": "TMPDIR", "value": "/state"} in container["env"]
    job = documents["Job/model-sync-job"]["spec"]
    assert job["backoffLimit"] == 6 and job["ttlSecondsAfterFinished"] == 86400 and "completions" not in job


def test_infra_kubernetes_limits_where_keys_say_so():
    limited = pod(Export(cache={"cpu-limit": "2", "memory-limit": "2Gi"}).documents()["Job/model-sync-job"])["containers"][0]["resources"]
    assert limited == {"requests": {"cpu": "1", "memory": "2Gi"}, "limits": {"cpu": "2", "memory": "2Gi"}}
    assert pod(Export(cache={"memory-limit": "3Gi"}).documents()["Job/model-sync-job"])["containers"][0]["resources"]["limits"] == {"memory": "3Gi"}


def test_infra_kubernetes_shards():
    job = Export().documents("--shards", "4")["Job/model-sync-job"]
    holds(job["spec"], {"completionMode": "Indexed", "completions": 4, "parallelism": 4})
    assert pod(job)["containers"][0]["args"][-2:] == ["--shard", "/4"]
    assert Export().run("--shards", "0").code == 2


def test_infra_kubernetes_schedule():
    documents = Export(cache={"schedule": '"30 2 * * *"'}).documents("--shards", "3")
    cron = documents["CronJob/model-sync-job"]
    holds(cron["spec"], {"schedule": "30 2 * * *", "concurrencyPolicy": "Forbid", "timeZone": "Etc/UTC"})
    assert cron["spec"]["jobTemplate"]["spec"]["completions"] == 3 and not any(name.startswith("Job/") for name in documents)
    assert pod(cron)["restartPolicy"] == "OnFailure"


def test_infra_kubernetes_reader():
    """The init container may write and fills; the main container has the read-only claim, and finds it there."""
    spec = pod(Export().documents("--reader", "sdxl/sdxl-base")["Pod/model-reader"])
    claims = {volume["name"]: volume["persistentVolumeClaim"] for volume in spec["volumes"] if "persistentVolumeClaim" in volume}
    filler, = spec["initContainers"]
    reader, = spec["containers"]
    assert claims[filler["volumeMounts"][0]["name"]] == {"claimName": "efs-models-pvc-rw"} and "readOnly" not in filler["volumeMounts"][0]
    assert claims[reader["volumeMounts"][0]["name"]] == {"claimName": "efs-models-pvc", "readOnly": True} and reader["volumeMounts"][0]["readOnly"]
    assert filler["args"] == ["model", "load", "--cache", "models", "--state", "/state", "sdxl-base", "--base", "sdxl"]
    assert Export().run("sdxl/sdxl-base").code == 2


def test_infra_kubernetes_config_map():
    spec = pod(Export(cache={"config-map": "larder"}).documents()["Job/model-sync-job"])
    assert spec["volumes"][-1] == {"name": "config", "configMap": {"name": "larder", "items": [
        {"key": "larder.ini", "path": "larder.ini"}, {"key": "test.ini", "path": "profiles/test.ini"}]}}
    assert spec["containers"][0]["volumeMounts"][-1] == {"name": "config", "mountPath": "/etc/larder", "readOnly": True}


def test_infra_kubernetes_texts_stay_texts():
    """What looks like a number, a truth or nothing is quoted, and comes back as the text it was."""
    export = Export(cache={"namespace": "1e3", "job": "yes", "claim": "null", "volume": "0x10", "cpu": "1", "service-account": "off", "storage-class": "1.0"})
    documents = export.documents()
    job = documents["Job/yes"]
    assert job["metadata"]["namespace"] == "1e3" and pod(job)["serviceAccountName"] == "off"
    assert documents["PersistentVolumeClaim/null"]["spec"]["storageClassName"] == "1.0" and "PersistentVolume/0x10" in documents
    for line in export.run().out.splitlines():
        assert re.fullmatch(r'(#.*|---| *(- )?[A-Za-z./-]+:( "([^"\\]|\\.)*"| \d+| true| false| \{\})?| *- "([^"\\]|\\.)*")', line), line


def test_infra_kubernetes_same_each_time_and_to_a_file():
    export = Export()
    text = export.run("--shards", "2").out
    path = os.path.join(export.top, "out.yaml")
    assert export.run("--shards", "2").out == text
    got = export.run("--shards", "2", "-o", path)
    assert got.code == 0 and got.out == "" and read(path).decode() == text
    write(path, b"before")
    assert Export(cache={"image": None}).run("-o", path).code == 2 and read(path) == b"before"
    line = next(line for line in export.run("--shards", "2", "--json").lines() if line["type"] == "export")
    assert line["text"] == text and line["format"] == "kubernetes"
    assert export.run("-o", os.path.join(export.top, "none/out.yaml")).code == 3


def test_infra_kubernetes_replaces_no_pipe_and_no_link():
    """As root /dev/stdout would be a file afterwards."""
    export = Export()
    pipe, link = os.path.join(export.top, "pipe"), os.path.join(export.top, "link")
    os.mkfifo(pipe)
    os.symlink("/dev/stdout", link)
    for path, stays in ((pipe, lambda: stat.S_ISFIFO(os.lstat(pipe).st_mode)), (link, lambda: os.readlink(link) == "/dev/stdout")):
        got = export.run("-o", path)
        assert got.code == 2 and "stays" in got.err and "next:" in got.err and stays(), (path, got.code, got.err)


def test_infra_kubernetes_driver_without_a_volume():
    mock = '[backend "objects"]\ndriver = localfs-mock\nroot = /tmp\n\n[backend "files"]\ndriver = localfs-mock\nroot = /tmp\n'
    got = Export(mock).run()
    assert got.code == 2 and "knows no Kubernetes volume" in got.err and "next:" in got.err and got.out == "", (got.code, got.err)
    refusing = '[backend "objects"]\ndriver = lent\nhandle = here\n\n[backend "files"]\ndriver = lent\nrefuses = yes\n'
    got = Export(refusing).run()
    assert got.code != 0 and got.out == "" and "not as 'kubernetes'" in got.err, got.err


run(sys.modules[__name__])
