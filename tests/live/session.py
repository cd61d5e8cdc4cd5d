"""session.py: the driver alone (s3-do) on a real server, every request of it seen.

    with session.Session("minio", versioning=True) as s:
        s.do("write", key="k", text="bytes")             # fails unless code is 0
        reply = s.ask("stat", key="k")                   # whatever comes: reply["code"], reply["message"], …
        s.sent("PUT")                                    # what went out since the session began, or since s.forget ()

Servers are started once for each test program and end with it. When a session ends, what it sent is held against the list
of what this driver may ever send (check_sent).
"""
import functools
import itertools
import json
import os
import re
import subprocess
import sys
import urllib.parse

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import proxy  # noqa: E402
import servers  # noqa: E402

BUILD = os.environ["TOP_BUILDDIR"]
MODULE = os.path.join(os.environ["LARDER_MODULE_DIR"], "driver-%s.so")
INVALID, NOTFOUND, DENIED, CONFLICT, UNSUPPORTED, INTEGRITY, LIMIT, UNAVAILABLE = "INVALID NOTFOUND DENIED CONFLICT UNSUPPORTED INTEGRITY LIMIT UNAVAILABLE".split()
# Names of the query, by method. With any other name these servers remove or overwrite the object or the bucket itself.
ALLOWED = {
    "PUT": {"partNumber", "uploadId", "tagging", "versionId"},
    "DELETE": {"versionId", "uploadId"},
    "POST": {"delete", "uploads", "uploadId", "restore", "versionId"},
}
# Operations that write a setting of a bucket, or end one: of resources alone (test-live-settings, test-live-infra).
OF_SETTINGS = re.compile(r"^(Put|Delete)(Bucket(OwnershipControls|Encryption|Versioning|Tagging|LifecycleConfiguration|Lifecycle|Cors|IntelligentTieringConfiguration|Policy|Replication)?|PublicAccessBlock)$")
numbers = itertools.count(1)


def codes():
    """The library's codes by number, as its header has them."""
    with open(os.path.join(os.environ["TOP_SRCDIR"], "core/include/larder/types.h")) as file:
        pairs = [line.split() for line in file if line.strip().startswith("LARDER_E_") and " = -" in line]
    return {int(words[2].rstrip(",")): words[0].replace("LARDER_E_", "") for words in pairs}


CODES = codes()


@functools.lru_cache(maxsize=None)
def started(name, **options):
    return servers.start(name, **options)


def check_query(method, names, bucket_only):
    """The sub-resources of one request, by name."""
    wrong = set(names) - ALLOWED[method]
    assert not wrong, "%s with %s" % (method, wrong)
    assert not (bucket_only and method == "PUT" and names), "PUT of a bucket with %s" % names
    assert not (bucket_only and method == "DELETE"), "a bucket is removed"


def check_sent(requests, host_style=False):
    for request in requests:
        path, _, query = request["path"].partition("?")
        names = [name for name, _ in urllib.parse.parse_qsl(query, keep_blank_values=True) if not name.startswith("X-Amz-")]
        if request["method"] in ALLOWED:
            check_query(request["method"], names, not host_style and "/" not in path.strip("/"))
        headers = [name.lower() for name, _ in request["headers"]]
        assert not [name for name in headers if name.startswith("x-minio-")], headers
        assert len(headers) == len(set(headers)), "a header twice: %s" % headers


class Session:
    def __init__(self, name, *options, versioning=False, row=None, plan=(), host="127.0.0.1", read_only=False, server=None, bucket=None, driver="s3"):
        self.server = server or started(name)
        self.name, self.options, self.row = name, options, row or self.server.row
        self.bucket = bucket or "session-%d" % next(numbers)
        if not bucket:
            self.server.make_bucket(self.bucket, versioning)
        self.between = proxy.Proxy(self.server.endpoint, plan)
        endpoint = self.between.endpoint.replace("127.0.0.1", host)
        environment = dict(self.server.environment(endpoint), LARDER_TEST_BUCKET=self.bucket)
        self.program = subprocess.Popen([os.path.join(BUILD, "tests/live/s3-do"), MODULE % driver, "server=" + self.row, "endpoint=" + endpoint,
                                         "region=" + self.server.region, *options],
                                        env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.seen = 0

    def ask(self, what, **words):
        self.program.stdin.write(json.dumps(dict(words, do=what)).encode() + b"\n")
        self.program.stdin.flush()
        line = self.program.stdout.readline()
        assert line, "s3-do ended: %s" % self.program.wait()
        reply = json.loads(line)
        reply["code"] = CODES.get(reply["code"], reply["code"])
        return reply

    def do(self, what, **words):
        reply = self.ask(what, **words)
        assert reply["code"] == 0, reply
        return reply

    def refused(self, code, what, **words):
        """It fails with this code and says why; nothing that changes anything was sent."""
        before = len(self.between.requests)
        reply = self.ask(what, **words)
        assert reply["code"] == code and reply["message"], reply
        changing = [r["method"] + " " + r["path"] for r in self.between.requests[before:] if r["method"] in ALLOWED]
        assert not changing, changing
        return reply

    def remove(self, *items):
        """A result an item: 0 or its code."""
        reply = self.do("remove", items=[item if isinstance(item, dict) else {"key": item} for item in items])
        assert sorted(item["index"] for item in reply["items"]) == list(range(len(items))), reply
        return [CODES.get(item["code"], item["code"]) for item in sorted(reply["items"], key=lambda item: item["index"])]

    def text(self, key):
        reply = self.ask("read", key=key)
        return reply["text"] if reply["code"] == 0 else reply["code"]

    def pages(self, what="list", **words):
        """(items, number of pages)."""
        items, token = [], {}
        for number in itertools.count(1):
            page = self.do(what, **words, **token)
            items += page["items"]
            if page["complete"]:
                return items, number
            token = {"token": page["token"]}

    def keys(self, **words):
        return [item["key"] for item in self.pages(**words)[0]]

    def sent(self, method=None, path=""):
        return [r for r in self.between.matching(method, path) if r["number"] > self.seen]

    def forget(self):
        self.seen = len(self.between.requests)

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        self.program.stdin.close()
        code = self.program.wait()
        self.program.stdout.close()
        self.between.stop()
        if not kind:
            check_sent(self.between.requests, "addressing=host" in self.options)
            assert code == 0, "s3-do ended with %d" % code
