#!/usr/bin/env python3
"""test-fault-machine: rows of the fault matrix that no proxy shows: names that do not resolve, certificates that are not the server's,
reads and writes that do less, a disk that fails at the end, no descriptors, no threads, no memory. Put and get of a small
and a large object on MinIO: whole and right, or told, with nothing half written."""
import os
import shutil
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
sys.path.insert(0, os.path.join(os.environ["TOP_SRCDIR"], "tests/lib"))
import certificates  # noqa: E402
import clock  # noqa: E402
import faults  # noqa: E402
import servers  # noqa: E402
import tap  # noqa: E402
from folders import Home  # noqa: E402
from scene import MODULES, TOOL, Done  # noqa: E402

MIB = 1 << 20
LARGE, SMALL = os.urandom(24 * MIB + 5), os.urandom(200000)      # four parts; one request
BUILD = os.environ["TOP_BUILDDIR"]
BAD_CALLS = os.path.join(BUILD, "tests/fault/.libs/bad-calls.so")
BAD_MEMORY = os.path.join(BUILD, "tests/fault/.libs/bad-memory.so")
ASAN = os.environ.get("ASAN_OPTIONS", "") + ":verify_asan_link_order=0"
SETTINGS = {"connect-timeout": "3s", "reply-timeout": "3s", "stall-timeout": "1s", "attempts": "3"}
NONE = os.path.join(HERE, "scenarios/none.json")


class Place(Home):
    """MinIO, a store and a folder."""

    def __init__(self):
        self.server = servers.start("minio")
        self.server.make_bucket("bucket")
        self.client = self.server.client()
        super().__init__("larder-machine-")
        self.write("large", LARGE)
        self.write("small", SMALL)

    def read(self, name):
        with open(self.path(name), "rb") as file:
            return file.read()

    def clean(self, stored=None):
        """t is there or not, and nothing is in the folder."""
        for name in ("state", "to"):
            shutil.rmtree(self.path(name), ignore_errors=True)
        os.mkdir(self.path("to"))
        self.client.delete_object(Bucket="bucket", Key="t")
        if stored:
            assert self.run("put", stored, "s:t").code == 0

    def environment(self, endpoint, more):
        self.write("larder.ini", b'[store "s"]\nbackend = b\nbucket = bucket\n')
        self.write("profiles/t.ini", ("[backend \"b\"]\ndriver = s3\nserver = minio\nendpoint = %s\n%s" % (
            endpoint, "".join("%s = %s\n" % pair for pair in SETTINGS.items()))).encode())
        result = dict(self.server.environment(endpoint), LARDER_CONFIG=self.path("larder.ini"), LARDER_PROFILE="t", LARDER_MODULE_DIR=MODULES,
                      XDG_STATE_HOME=self.path("state"))
        return {**result, **more}

    def run(self, *words, endpoint=None, under=(), **more):
        done = subprocess.run([*under, TOOL, "--json", *words], env=self.environment(endpoint or self.server.endpoint, more), cwd=self.home,
                              capture_output=True, text=True, errors="replace", timeout=120 * servers.SLOW)
        return Done(done.returncode, done.stdout, done.stderr)

    def stored(self):
        return self.client.get_object(Bucket="bucket", Key="t")["Body"].read()


place = Place()


def test_fault_machine_certificates():
    """The right one is taken; another host's, a stranger's and one that has expired are refused with the cause, before a request is sent."""
    place.clean("small")
    os.mkdir(place.path("stranger"))
    trust = certificates.make_authority(place.home)
    certificates.make_certificate(place.home, place.path("good"))
    certificates.make_certificate(place.home, place.path("other"), "DNS:elsewhere.test")
    certificates.openssl("req", "-x509", *certificates.KEY, "-days", "1", "-subj", "/CN=self", "-addext", "subjectAltName=" + certificates.LOOPBACK,
                         "-keyout", place.path("stranger/private.key"), "-out", place.path("stranger/public.crt"))
    for where, more, word in (("good", {}, None), ("other", {}, "name"), ("stranger", {}, "self"), ("good", clock.off(5 * 86400), "expired")):
        with faults.Between(place.server.endpoint, NONE, place.path(where)) as safe:
            done = place.run("get", "s:t", "to/out", endpoint=safe.endpoint, AWS_CA_BUNDLE=trust, **more)
            if word:
                assert done.code == 8 and word in str(done.error) and safe.requests() == [], (where, done)
            else:
                assert done.code == 0 and place.read("to/out") == SMALL, done


def test_fault_machine_web_page():
    """What is no object is not taken for one."""
    place.clean("small")
    with faults.Between(place.server.endpoint, os.path.join(HERE, "scenarios/html.json")) as between:
        for words in (("get", "s:t", "to/out"), ("put", "small", "s:t"), ("ls", "s:")):
            done = place.run(*words, endpoint=between.endpoint)
            assert done.code == 6 and done.error.get("next") and os.listdir(place.path("to")) == [], (words, done)


def bad(what, *words, preload=BAD_CALLS, **more):
    return place.run(*words, LD_PRELOAD=preload, LARDER_BAD=what, ASAN_OPTIONS=ASAN, **more)


def test_fault_machine_names():
    """A resolver that fails and comes back; one that does not."""
    place.clean("small")
    named = place.server.endpoint.replace("127.0.0.1", "store.test")
    done = bad("getaddrinfo:EAI_AGAIN:1:1", "get", "s:t", "to/out", endpoint=named)
    assert done.code == 0 and place.read("to/out") == SMALL, done
    done = bad("getaddrinfo:EAI_AGAIN", "get", "s:t", "to/other", endpoint=named)
    assert done.code == 8 and "store.test" in str(done.error) and os.listdir(place.path("to")) == ["out"], done


def test_fault_machine_short_reads_and_writes():
    for name in ("small", "large"):
        for how in ("read:short,pread:short,write:short,pwrite:short", "pread:EINTR:2:3,pwrite:EINTR:2:3,read:EINTR:3:2,write:EINTR:2:3"):
            place.clean()
            done = bad(how, "put", name, "s:t")
            assert done.code == 0 and place.stored() == place.read(name), (how, done)
            done = bad(how, "get", "s:t", "to/out")
            assert done.code == 0 and place.read("to/out") == place.read(name), (how, done)


def test_fault_machine_disk_fails_at_the_end():
    """fsync says EIO, or that there is no room: that file is given up, what was there stays, and nothing asks twice."""
    for name in ("small", "large"):
        for how, code in (("fsync:EIO", None), ("fsync:ENOSPC", 7)):
            place.clean(name)
            place.write("to/out", b"old")
            done = bad(how, "get", "s:t", "to/out")
            assert done.code == code or (code is None and done.code not in (0, 1)), (how, done)
            assert place.read("to/out") == b"old" and os.listdir(place.path("to")) == ["out"], (how, os.listdir(place.path("to")))


def test_fault_machine_no_threads_no_descriptors():
    """What is done is right, or it is told; never a crash."""
    place.clean("large")
    for first in (1, 2):
        done = bad("pthread_create:EAGAIN:%d" % first, "get", "s:t", "to/out")
        assert (0 < done.code < 10 and done.error.get("next")) if done.code else place.read("to/out") == LARGE, done
    for most in range(6, 24, 3):
        done = place.run("get", "s:t", "to/out", under=["prlimit", "--nofile=%d" % most])
        assert (0 < done.code < 10 and done.err.count("next: ") == 1) if done.code else place.read("to/out") == LARGE, (most, done)
    assert place.run("get", "s:t", "to/out").code == 0 and os.listdir(place.path("to")) == ["out"] and place.read("to/out") == LARGE


def test_fault_machine_no_memory():
    """The first of the large pieces is refused, the second, … alone or with all that follow: right, or told with nothing half written."""
    for words, arrived in ((("get", "s:t", "to/out"), lambda: place.read("to/out")), (("put", "large", "s:t"), place.stored)):
        for times in (0, 1):
            told = 0
            for first in range(1, 20):
                place.clean("large" if words[0] == "get" else None)
                done = bad("malloc:ENOMEM:%d:%d" % (first, times), *words, preload=BAD_MEMORY)
                if done.code == 0:
                    assert arrived() == LARGE, (words, first, times)
                    continue
                told += 1
                assert 0 < done.code < 10 and "memory" in done.err and done.err.count("next: ") == 1, (words, first, times, done)
                keys = place.client.list_objects_v2(Bucket="bucket").get("KeyCount")
                assert os.listdir(place.path("to")) == [] and keys == (words[0] == "get"), (words, first, times, keys)
            assert told > 4, (words, times)


try:
    tap.run(sys.modules[__name__])
finally:
    shutil.rmtree(place.home)
    place.server.stop()
