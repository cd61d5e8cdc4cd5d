#!/usr/bin/env python3
"""lock-store: every promise of a lock provider, on a store of the suite's own, the mock, MinIO and versitygw."""
import os
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(os.path.dirname(HERE), "lib")]
import servers  # noqa: E402
import tap  # noqa: E402
from locks import suite  # noqa: E402

PIPELINE = '[store "leases"]\nbackend = objects\nbucket = leases\n'


def write(folder, name, text):
    path = os.path.join(folder, name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w") as file:
        file.write(text)
    return path


def flags(folder, backend):
    write(folder, "profiles/t.ini", '[backend "objects"]\n' + backend)
    return ["--config", write(folder, "larder.ini", PIPELINE), "--profile", "t", "--store", "leases"]


def keep(backend, environment=None):
    with tempfile.TemporaryDirectory(prefix="larder-locks-") as folder:
        broken = suite("store", ["prefix=deep/locks/"], flags(folder, backend % {"folder": folder}), environment)
        assert broken is None, broken


def test_conform_lock_store_promises():
    assert suite("store", []) is None


def test_conform_lock_store_promises_mock():
    keep("driver = localfs-mock\nroot = %(folder)s/objects\ncreate = yes\n")


def real(name):
    with servers.start(name) as server:
        server.make_bucket("leases")
        keep("driver = s3\nserver = %s\nendpoint = %s\nregion = us-east-1\n" % (server.row, server.endpoint), server.environment())
        keys = [item["Key"] for item in server.client().list_objects_v2(Bucket="leases", Prefix="deep/locks/", MaxKeys=5)["Contents"]]
        assert all(key.endswith(".lock") for key in keys), keys


def test_conform_lock_store_promises_minio():
    real("minio")


def test_conform_lock_store_promises_versitygw():
    real("versitygw")


tap.run(sys.modules[__name__])
