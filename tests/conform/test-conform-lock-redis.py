#!/usr/bin/env python3
"""lock-redis on a real Redis: every promise; one atomic SET with value and lease (c-C05); who lost a lease never takes it anew (c-C06);
old workers' SET NX on the same key; Redis killed, restarted without data, flushed, silent, full of excuses."""
import os
import select
import socket
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(os.path.dirname(HERE), "lib")]
import redis_talk  # noqa: E402
import servers  # noqa: E402
import tap  # noqa: E402
from locks import CANCELLED, CONFLICT, DENIED, NOTFOUND, UNAVAILABLE, UNSUPPORTED, SLOW, Front, Player, Worker, stopped_and_woken, suite, take  # noqa: E402


def worker(server, *more, by="address"):
    return Worker("redis", ["address=" + getattr(server, by), "password=" + server.password, *more])


def keep(server, *options):
    broken = suite("redis", list(options))
    assert broken is None, broken


def test_conform_lock_redis_promises():
    with servers.start("redis") as server:
        keep(server, "address=" + server.address, "password=" + server.password)


def test_conform_lock_redis_promises_by_socket_and_database():
    with servers.start("redis") as server:
        keep(server, "address=" + server.socket, "password=" + server.password, "database=3")
        with server.talk() as talk:
            assert "db3" in talk.ask("INFO", "keyspace") and "db0" not in talk.ask("INFO", "keyspace")


def test_conform_lock_redis_promises_of_a_user():
    """With the rights that the message of a refusal names, and no others; by name."""
    rights = "+eval +get +set +del +pttl +pexpire"
    with servers.start("redis", lines=["user worker on >pass-of-worker ~* %s" % rights]) as server:
        keep(server, "address=localhost:%d" % server.port, "user=worker", "password=pass-of-worker")


def test_conform_lock_redis_promises_in_a_cluster_of_one():
    """Whose scripts may touch keys of one slot alone."""
    with servers.start("redis", lines=["cluster-enabled yes", "cluster-port %d" % servers.free_port()]) as server:
        with server.talk() as talk:
            talk.ask("CLUSTER", "ADDSLOTSRANGE", 0, 16383)
            end = time.monotonic() + 20 * SLOW
            while "cluster_state:ok" not in talk.ask("CLUSTER", "INFO"):
                assert time.monotonic() < end
                time.sleep(0.05)
        keep(server, "address=" + server.address, "password=" + server.password)


def test_conform_lock_redis_one_atomic_set():
    with servers.start("redis") as server, server.talk() as monitor, server.talk() as talk, worker(server) as first:
        assert monitor.ask("MONITOR") == "OK"
        assert first.ask("try m:l 600000 first").code == 0
        assert 590000 < talk.ask("PTTL", "m:l") <= 600000
        assert talk.ask("ECHO", "that is all") == "that is all"
        lines = []
        while not lines or "that is all" not in lines[-1]:
            lines.append(monitor.hear())
        writes = [line.split("]", 1)[1].split() for line in lines if " lua]" in line and '"m:l"' in line]
        names = [line[0] for line in writes]
        assert names[0] == '"SET"' and set(names[1:]) <= {'"PTTL"', '"GET"'}, writes
        assert writes[0][1] == '"m:l"' and writes[0][3:] == ['"NX"', '"PX"', '"600000"'], writes


def test_conform_lock_redis_never_without_end():
    """Workers killed at any time: the key has an end always, and the next waits no longer than that."""
    with servers.start("redis") as server, server.talk() as talk:
        for _ in range(20):
            with worker(server) as first:
                for _ in range(60):
                    first.tell("try m 300 x")
                    first.tell("renew m 300 x")
                first.answer()
                first.kill()
            for _ in range(5):
                assert talk.ask("PTTL", "m") in (-2, *range(301))
        with worker(server) as second:
            take(second, "m", 3)
        assert sorted(talk.ask("KEYS", "*")) == ["m", "{m}:fence", "{m}:note"]
        assert talk.ask("PTTL", "{m}:fence") > 0 and talk.ask("PTTL", "{m}:note") > 0


def test_conform_lock_redis_old_workers():
    """SET NX EX by hand, as the workers that know nothing of us do it: each keeps the other out."""
    with servers.start("redis") as server, server.talk() as talk, worker(server) as first:
        assert talk.ask("SET", "m", "old-worker", "NX", "EX", 60) == "OK"
        got = first.ask("try m 60000 first")
        assert got.code == CONFLICT and "for another" in got.text, got
        seen = first.ask("holder m")
        assert seen.code == 0 and seen.text == "" and seen.fence == 0 and 50000 < seen.left <= 60000, seen
        assert first.ask("release m").code == 0 and talk.ask("GET", "m") == "old-worker"
        assert talk.ask("PERSIST", "m") == 1
        got = first.ask("try m 60000 first")
        assert got.code == CONFLICT and "without end" in got.text, got
        talk.ask("DEL", "m")
        assert first.ask("try m 60000 first").code == 0
        assert talk.ask("SET", "m", "old-worker", "NX", "EX", 60) is None
        talk.ask("DEL", "m")                                     # and what we noted beside it stays
        assert talk.ask("SET", "m", "old-worker", "NX", "EX", 60) == "OK"
        seen = first.ask("holder m")
        assert seen.text == "" and seen.fence == 0, seen


def lost(take_away, by="address"):
    with servers.start("redis") as server, worker(server, by=by) as first, worker(server, by=by) as second:
        held = first.ask("try m 60000 first")
        assert held.code == 0
        take_away(server)
        assert first.ask("renew m 60000 first").code == CONFLICT
        assert first.ask("holder m").code == NOTFOUND
        assert first.ask("release m").code == 0
        got = second.ask("try m 60000 second")
        assert got.code == 0 and got.fence > held.fence, (held, got)
        assert first.ask("renew m 60000 first").code == CONFLICT
        assert first.ask("release m").code == 0
        assert second.ask("renew m 60000 second").code == 0


def by_hand(*words):
    def say(server):
        with server.talk() as talk:
            talk.ask(*words)
    return say


def restart(server):
    server.kill()
    server.again()


def test_conform_lock_redis_key_deleted():
    lost(by_hand("DEL", "m"))


def test_conform_lock_redis_flushed():
    lost(by_hand("FLUSHALL"))


def test_conform_lock_redis_restarted_without_data():
    """Also: a connection that died meanwhile is nobody's trouble."""
    lost(restart)


def test_conform_lock_redis_restarted_behind_its_socket():
    """Where a write to the dead connection would raise SIGPIPE."""
    lost(restart, by="socket")


def test_conform_lock_redis_stopped_past_its_lease():
    with servers.start("redis") as server, worker(server) as first, worker(server) as second:
        stopped_and_woken(first, second, 5)


def test_conform_lock_redis_killed():
    with servers.start("redis") as server, worker(server) as first:
        assert first.ask("try m 60000 first").code == 0
        server.kill()
        for line in ("try n 60000 x", "renew m 60000 x", "holder m", "release m"):
            got = first.ask(line)
            assert got.code == UNAVAILABLE and "cannot reach Redis at '%s'" % server.address in got.text and got.took < 1000 * SLOW, got
        server.again()
        assert first.ask("try m 60000 first").code == 0


def test_conform_lock_redis_silent():
    """It takes connections and answers nothing: said in time; and a try whose answer never came holds nothing when it speaks again."""
    with servers.start("redis") as server, worker(server, "timeout=1s") as first, worker(server) as second:
        for before in ("", "try k 60000 first"):
            if before:
                assert first.ask(before).code == 0
            server.pause()
            got = first.ask("try m 60000 first")
            assert got.code == UNAVAILABLE and "does not answer" in got.text and 900 <= got.took <= 5000 * SLOW, got
            server.resume()
            got = second.ask("try m 60000 second")
            assert got.code == 0, got
            assert second.ask("release m").code == 0


def test_conform_lock_redis_cancelled():
    """Within a second; and nothing is held by who was told that he was cancelled."""
    with servers.start("redis") as server, worker(server, "timeout=30s") as first, worker(server) as second:
        for line in ("", "try k 60000 first"):
            if line:
                assert first.ask(line).code == 0
            server.pause()
            first.tell("patience 300")
            got = first.ask("try m 60000 first")
            assert got.code == CANCELLED and 250 <= got.took <= 1000 * SLOW, got
            server.resume()
            first.tell("patience 0")
            assert second.ask("try m 60000 second").code == 0
            assert second.ask("release m").code == 0


def test_conform_lock_redis_forked():
    """A child of the process has connections of its own: replies of one never reach the other."""
    with servers.start("redis") as server, server.talk() as talk, worker(server) as first:
        assert first.ask("try m 60000 first").code == 0
        before = len(talk.ask("CLIENT", "LIST").splitlines())
        first.tell("fork")
        assert first.ask("renew m 60000 child").code == 0
        assert len(talk.ask("CLIENT", "LIST").splitlines()) == before + 1


def test_conform_lock_redis_cancelled_while_a_name_is_looked_up():
    """The file of aliases, which the resolver reads first for a name without a dot, is a pipe that says nothing."""
    with tempfile.TemporaryDirectory(prefix="larder-locks-") as folder:
        aliases = os.path.join(folder, "aliases")
        os.mkfifo(aliases)
        with Worker("redis", ["address=no-such-host:6379", "timeout=30s"], environment={**os.environ, "HOSTALIASES": aliases}) as first:
            with open(aliases, "r+b", buffering=0):
                first.tell("patience 500")
                first.tell("try m 60000 first")
                heard = select.select([first.process.stdout], [], [], 5 * SLOW)[0]
                os.unlink(aliases)                       # nobody opens it again, and waits for who would write to it
            assert heard, "it waits for the name"
            got = first.answer()
        assert got.code == CANCELLED and 450 <= got.took <= 1000 * SLOW and "no-such-host" in got.text, got


def test_conform_lock_redis_refused():
    """What is wrong is named, with its next step, and no secret is."""
    with servers.start("redis") as server:
        for options, code, says in (
                (["password=wrong-secret"], DENIED, "WRONGPASS"), (["password="], DENIED, "NOAUTH"), ([], DENIED, "NOAUTH"),
                (["user=nobody", "password=wrong-secret"], DENIED, "WRONGPASS"),
                (["password=" + server.password, "database=999"], -1, "DB index is out of range")):
            with Worker("redis", ["address=" + server.address, *options]) as first:
                got = first.ask("try m 60000 first")
                assert got.code == code and says in got.text, got
                assert "wrong-secret" not in got.text and server.password not in got.text, got
        with server.talk() as talk:
            talk.ask("ACL", "SETUSER", "reader", "on", ">pass-of-reader", "~*", "+get")
            with Worker("redis", ["address=" + server.address, "user=reader", "password=pass-of-reader"]) as first:
                got = first.ask("try m 60000 first")
                assert got.code == DENIED and "NOPERM" in got.text, got
            talk.ask("CONFIG", "SET", "maxmemory", 1)
            with worker(server) as first:
                got = first.ask("try m 60000 first")
                assert got.code == -8 and "OOM" in got.text, got
            talk.ask("CONFIG", "SET", "maxmemory", 0)
            talk.ask("SADD", "set", "member")
            with worker(server) as first:
                got = first.ask("try set 60000 first")
                assert got.code == CONFLICT and talk.ask("SMEMBERS", "set") == ["member"], got
                talk.ask("REPLICAOF", "127.0.0.1", server.port)
                got = first.ask("try m 60000 first")
                assert got.code == UNAVAILABLE and "READONLY" in got.text, got
                talk.ask("REPLICAOF", "NO", "ONE")
                assert first.ask("try m 60000 first").code == 0


def test_conform_lock_redis_played():
    """What a Redis says that is hard to bring to say it; and what is none."""
    for text, code, says in (
            (b"-LOADING Redis is loading the dataset in memory\r\n", UNAVAILABLE, "LOADING"), (b"-MOVED 3999 127.0.0.1:6381\r\n", UNSUPPORTED, "MOVED"),
            (b"-BUSY Redis is busy running a script.\r\n", UNAVAILABLE, "BUSY"), (b"-NOVEL an error of the future\r\n", UNAVAILABLE, "NOVEL"),
            (b"-ERR unknown command 'EVAL'\r\n", UNSUPPORTED, "unknown command"), (b"", UNAVAILABLE, "broke off"),
            (b"HTTP/1.1 400 Bad Request\r\n\r\n", UNAVAILABLE, "broke off"), (b"*3\r\n:1\r\n", UNAVAILABLE, "broke off"),
            (b"+OK\r\n", UNAVAILABLE, "does not answer as Redis does"), (b"*1\r\n:1\r\n", UNAVAILABLE, "does not answer as Redis does"),
            (b"*3\r\n:1\r\n:1\r\n:1\r\n", UNAVAILABLE, "does not answer as Redis does")):
        with Player(text) as player, Worker("redis", ["address=" + player.address]) as first:
            got = first.ask("try m 60000 first")
        assert got.code == code and says in got.text, (text, got)
        assert player.taken == (2 if says == "broke off" else 1), (text, player.taken)


class Relay(Front):
    """Between a worker and Redis: of the first connection it passes on `most` bytes of what the worker says, then hangs up;
    or, with `mute`, all of it, and hangs up instead of the reply to an EVAL."""

    def __init__(self, server, most=None, mute=False):
        self.server, self.most, self.mute = server, most, mute
        super().__init__()

    def meet(self, near):
        with socket.create_connection(("127.0.0.1", self.server.port)) as far:
            self.pass_on(near, far, self.taken == 1)

    def pass_on(self, near, far, first):
        left = self.most if first and self.most is not None else 1 << 30
        while True:
            data = near.recv(65536)[:left]
            if not data:
                return
            left -= len(data)
            far.sendall(data)
            if left == 0:
                return
            reply = far.recv(65536)
            if first and self.mute and b"EVAL" in data:
                return
            near.sendall(reply)


def test_conform_lock_redis_reply_lost():
    """Redis did it, and nobody heard: the same once more does it no second time."""
    with servers.start("redis") as server, worker(server) as other, Relay(server, mute=True) as relay:
        with Worker("redis", ["address=" + relay.address, "password=" + server.password]) as first:
            got = first.ask("try m 60000 first")
            assert got.code == 0 and relay.taken == 2, (got, relay.taken)
            seen = other.ask("holder m")
            assert seen.fence == got.fence and seen.text == "first", (seen, got)
            assert first.ask("renew m 60000 first").code == 0
            assert first.ask("release m").code == 0
            assert other.ask("try m 60000 other").fence > got.fence


def test_conform_lock_redis_cut_anywhere():
    """c-C05: whatever part of what a worker said arrived, the key has an end or is not there."""
    with servers.start("redis") as server, server.talk() as talk:
        for most in range(1, 1400, 37):
            with Relay(server, most=most) as relay:
                with Worker("redis", ["address=" + relay.address, "password=" + server.password]) as first:
                    got = first.ask("try m 60000 first")
                    assert got.code == 0 and 0 < talk.ask("PTTL", "m") <= 60000, (most, got)
                    assert first.ask("release m").code == 0 and talk.ask("PTTL", "m") == -2


def test_conform_lock_redis_not_opened():
    for options, says in ((["address=here:port"], "cannot be 'here:port'"), (["address=[::1"], "cannot be"), (["address=:6379"], "cannot be"),
                          (["address=h:70000"], "cannot be"), (["timeout=1ms"], "timeout")):
        broken = suite("redis", options)
        assert broken and says in broken, (options, broken)


tap.run(sys.modules[__name__])
