#!/usr/bin/env python3
"""test-fault-clock: the wall clock jumps twenty minutes in the midst of a transfer: on, back, or on and home again. It is learned from the
server's Date, signed again and said once; every byte arrives; a back-off or a deadline under way neither fires nor hangs, for it goes by another clock."""
import os
import sys
import time

sys.path[:0] = [os.path.dirname(os.path.abspath(__file__)), os.path.join(os.environ["TOP_SRCDIR"], "tests/lib")]
import servers  # noqa: E402
import tap  # noqa: E402
from clock import Clock  # noqa: E402
from moving import Place  # noqa: E402

MIB = 1 << 20
LARGE = os.urandom(64 * MIB + 65541)            # nine parts
ON, BACK = 1200, -1200                          # MinIO takes fifteen minutes either way
MOST = 6                                        # under way at a time: two, and the listing; each asked anew where a HEAD's refusal says nothing
REPLY = 2 * servers.SLOW                        # seconds that a reply is waited for


place = Place(LARGE, ["reply-timeout = %ds" % REPLY])
clock = Clock(place.path("shift"))


def jumping(make, rule, *jumps):
    """The clock jumps as the third request of that kind comes, which is throttled and so backs off, while the one beside it gets no reply
    until its deadline; and home again a few later. What was signed by a clock that was wrong by then is refused, once, and nothing after."""
    words, want, look = make()
    clock.set(0)
    place.between.plan([{**rule, "nth": 3 + 6 * n, "before": lambda _, to=to: clock.set(to), "do": "reply", "code": "SlowDown"} for n, to in enumerate(jumps)]
                       + [{**rule, "nth": 3, "do": "stall"}])
    first, begun = len(place.between.requests), time.monotonic()
    done = place.run("--json", "--jobs", "2", *words, more=clock.environment)
    spent = time.monotonic() - begun
    refused = [(r["method"], r["path"]) for r in place.between.requests[first:] if r["status"] == 403]
    assert done.code == 0 and len(jumps) <= len(refused) <= MOST * len(jumps), (done, refused)
    said = [line for line in done.err.splitlines() if "timedatectl" in line]
    assert len(said) == 1 and ("ahead of" if jumps[0] > 0 else "behind") in said[0], done
    assert spent < REPLY + 15 * servers.SLOW, spent
    place.whole(look(), want)


def each_way(make, **rule):
    for jumps in ((ON,), (BACK,), (ON, 0), (BACK, 0)):
        jumping(make, rule, *jumps)


def test_fault_clock_put():
    each_way(place.one_up, method="PUT", path="partNumber=")


def test_fault_clock_get():
    each_way(place.one_down, method="GET", path="/t")


def test_fault_clock_sync_up():
    each_way(place.tree_up, method="PUT")


def test_fault_clock_sync_down():
    each_way(place.tree_down, method="GET", path="/[0-9]/")


try:
    tap.run(sys.modules[__name__])
finally:
    place.__exit__()
