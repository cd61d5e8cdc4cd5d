#!/usr/bin/env python3
"""test-live-class.py: a class of the configuration that the server does not have is left out, and said once; a class that
a caller asks for is refused; one that nobody has is refused everywhere. (c-B04)"""
import os
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import servers  # noqa: E402
import tap  # noqa: E402

TOP = os.environ["TOP_SRCDIR"]
TOOL = os.path.join(os.environ["TOP_BUILDDIR"], "larder")
BUCKET = "pingvas-studio-images"


def larder(server, profile, *words):
    environment = {**server.environment(), "LARDER_MODULE_DIR": os.environ["LARDER_MODULE_DIR"], "LARDER_MINIO": server.endpoint}
    return subprocess.run([TOOL, "--config", os.path.join(TOP, "etc/larder.ini"), "--profile", profile, *words], env=environment, text=True, capture_output=True)


def put(server, profile, *words, command=("put",), to="thumbnails:a.webp"):
    with tempfile.TemporaryDirectory() as folder:
        with open(os.path.join(folder, "a.webp"), "wb") as file:
            file.write(b"not looked into")
        return larder(server, profile, *command, *words, os.path.join(folder, "a.webp"), to)


def test_live_class_minio():
    with servers.start("minio") as server:
        server.make_bucket(BUCKET)
        for command, to in ((("put",), "thumbnails:a.webp"), (("archive", "put"), "thumbnails:old/")):
            done = put(server, "minio", command=command, to=to)
            assert done.returncode == 0, done.stderr
            said = [line for line in done.stderr.splitlines() if "INTELLIGENT_TIERING is not applied" in line]
            assert len(said) == 1, done.stderr
        done = put(server, "minio", "--class", "GLACIER")
        assert done.returncode == 2 and "MinIO" in done.stderr and "GLACIER" in done.stderr and "next:" in done.stderr, done.stderr
        done = put(server, "minio", "--class", "STANDART")
        assert done.returncode == 2 and "STANDARD" in done.stderr, done.stderr


def test_live_class_aws():
    with servers.start("moto", region="ap-northeast-2") as server:
        server.make_bucket(BUCKET)
        done = put(server, "aws")
        assert done.returncode == 0 and "not applied" not in done.stderr, done.stderr
        assert server.client().head_object(Bucket=BUCKET, Key="a.webp")["StorageClass"] == "INTELLIGENT_TIERING"
        done = put(server, "aws", "--class", "STANDART")
        assert done.returncode == 2 and "STANDARD" in done.stderr, done.stderr


def test_live_class_archived():
    """What is read of it is nothing, with the reason and what to do; one that is archived and read at once is read. (c-G02)"""
    with servers.start("moto", region="ap-northeast-2") as server:
        server.make_bucket(BUCKET)
        for kind in ("GLACIER", "DEEP_ARCHIVE", "GLACIER_IR"):
            assert put(server, "aws", "--class", kind).returncode == 0
            for words in (["cat", "thumbnails:a.webp"], ["cp", "thumbnails:a.webp", "thumbnails:b.webp"]):
                done = larder(server, "aws", *words)
                if kind == "GLACIER_IR":
                    assert done.returncode == 0, done.stderr
                    continue
                assert done.returncode == 9 and not done.stdout and "it is archived, not restored" in done.stderr, done.stderr
                assert "next: larder archive restore 'thumbnails:a.webp'" in done.stderr, done.stderr


if __name__ == "__main__":
    tap.run(sys.modules["__main__"])
