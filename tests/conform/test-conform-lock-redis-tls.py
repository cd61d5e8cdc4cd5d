#!/usr/bin/env python3
"""lock-redis over TLS, where the hiredis of the build has it: every promise, and whom it does not trust. Elsewhere: that this is said."""
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(os.path.dirname(HERE), "lib")]
import servers  # noqa: E402
import tap  # noqa: E402
from locks import UNAVAILABLE, Player, Worker, module, suite  # noqa: E402

with open(module("redis"), "rb") as file:
    HAS = b"libhiredis_ssl" in file.read()


def ask(*options):
    with Worker("redis", ["tls=yes", *options]) as worker:
        return worker.ask("try m 60000 first")


def spoken():
    with Player(b"-ERR what is that?\r\n") as player:
        got = ask("address=" + player.address)
        assert got.code == UNAVAILABLE and "no TLS with" in got.text, got
    with servers.start("redis", tls=True) as server:
        ours = "ca-file=" + os.path.join(server.folder, "ca.crt")
        password = "password=" + server.password
        broken = suite("redis", ["tls=yes", "address=" + server.tls_address, password, ours])
        assert broken is None, broken
        assert ask("address=localhost:%d" % server.tls_port, password, ours).code == 0
        got = ask("address=" + server.tls_address, password)
        assert got.code == UNAVAILABLE and "cannot trust" in got.text, got
        got = ask("address=" + server.address, password, ours, "timeout=1s")
        assert got.code == UNAVAILABLE and "does not answer" in got.text, got
        server.pause()
        got = ask("address=" + server.tls_address, password, ours, "timeout=1s")
        assert got.code == UNAVAILABLE and "does not answer" in got.text and got.took < 2000 * servers.SLOW, got
        server.resume()
        broken = suite("redis", ["tls=yes", "address=" + server.tls_address, "ca-file=/dev/null"])
        assert "no certificates to trust" in broken, broken
        assert "is not encrypted" in suite("redis", ["tls=yes", "address=" + server.socket])
    with servers.start("redis", tls="DNS:elsewhere") as server:
        ours = "ca-file=" + os.path.join(server.folder, "ca.crt")
        for host in ("localhost", "127.0.0.1"):
            got = ask("address=%s:%d" % (host, server.tls_port), "password=" + server.password, ours)
            assert got.code == UNAVAILABLE and "cannot trust" in got.text and "mismatch" in got.text, got


def refused():
    broken = suite("redis", ["tls=yes", "address=127.0.0.1:6379"])
    assert broken and "has no TLS" in broken, broken


def test_conform_lock_redis_tls():
    (spoken if HAS else refused)()


tap.run(sys.modules[__name__])
