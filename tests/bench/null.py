"""null.py: the null server as a value: started, asked, and ended with its counts."""
import json
import os
import signal
import subprocess


def program():
    return os.path.join(os.environ["TOP_BUILDDIR"], "tests", "bench", "null-server")


class Null:
    """`with Null(latency=20) as server:` server.port, server.endpoint; after it, server.counts."""

    def __init__(self, tls=None, latency=0, every=0, faults="r", check=False):
        self.tls, self.counts = tls, None
        words = ["--latency", str(latency), "--every", str(every), "--faults", faults] + ["--check"] * check
        if tls:
            words += ["--certificate", os.path.join(tls, "public.crt"), "--key", os.path.join(tls, "private.key")]
        self.words = [program()] + words

    def __enter__(self):
        self.process = subprocess.Popen(self.words, stdout=subprocess.PIPE, text=True)
        self.port = json.loads(self.process.stdout.readline())["port"]
        self.endpoint = "%s://127.0.0.1:%d" % ("https" if self.tls else "http", self.port)
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGTERM)
        self.counts = json.loads(self.process.communicate()[0])
        assert self.process.returncode == 0, self.process.returncode


def content(size):
    """What an object of that size holds."""
    return subprocess.run([program(), "--content", str(size)], stdout=subprocess.PIPE, check=True).stdout
