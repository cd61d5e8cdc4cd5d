"""faults.py: the fault proxy, led by a test.

    with faults.Between(server.endpoint, "tests/fault/scenarios/x.json", certificates=None) as between:
        ... between.endpoint ...
        between.requests()        # a record of each request; those under way are waited for
"""
import json
import os
import subprocess
import tempfile
import urllib.parse

PROGRAM = os.path.join(os.environ["TOP_BUILDDIR"], "tests/fault/fault-proxy")


class Between:
    """certificates: a folder with public.crt and private.key; then it speaks TLS to clients. The server is spoken to in clear."""

    def __init__(self, upstream, scenario, certificates=None):
        log = tempfile.NamedTemporaryFile(prefix="larder-fault-", suffix=".log", delete=False)
        log.close()
        self.log, self.tls = log.name, certificates is not None
        words = ["--certificate", os.path.join(certificates, "public.crt"), "--key", os.path.join(certificates, "private.key")] if self.tls else []
        self.process = subprocess.Popen([PROGRAM, *words, "--log", self.log, urllib.parse.urlsplit(upstream).netloc, scenario],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        said = self.process.stdout.readline()
        if not said:
            self.stop()
            raise RuntimeError("the fault proxy does not take %s" % scenario)
        self.endpoint = "%s://127.0.0.1:%d" % ("https" if self.tls else "http", json.loads(said)["port"])

    def requests(self):
        self.process.stdin.write(b".")
        self.process.stdin.flush()
        self.process.stdout.readline()
        with open(self.log) as file:
            return [json.loads(line) for line in file if line.endswith("\n")]

    def stop(self):
        """Also more than once."""
        if self.process:
            self.process.stdin.close()
            self.process.stdout.close()
            self.process.wait()
            self.process = None
            os.unlink(self.log)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()
