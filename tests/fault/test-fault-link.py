#!/usr/bin/env python3
"""test-fault-link: the line to the server breaks in the middle of a transfer: all connections are reset, and new ones refused; or the route to it
is lost. Back after a
while, the transfer ends right; gone for good, it ends with a named error in good time, nothing is lost, and the same command goes on from there. And an
upload that the server has damaged meanwhile is given up, and sent anew."""
import json
import os
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(os.environ["TOP_SRCDIR"], "tests/lib"))
import link  # noqa: E402
import proxy  # noqa: E402
import servers  # noqa: E402
import tap  # noqa: E402
from moving import Place  # noqa: E402

MIB = 1 << 20
LARGE = os.urandom(24 * MIB + 65541)            # four parts
AWAY = 2                                        # seconds; it is waited for 5, as long as for a connection
SILENT = ["%s-timeout = %gs" % (what, 4 * servers.SLOW) for what in ("stall", "reply")]


class Line(Place):
    """Without its own proxy: the line is what is between."""

    def __init__(self):
        super().__init__(LARGE, SILENT)
        self.between.stop()
        self.between = None

    def through(self, line, *words):
        self.between = line
        try:
            return self.run("--json", *words)
        finally:
            self.between = None


link.own_network()
place = Line()


def comes_back(make, after, kind=link.Link):
    words, want, look = make()
    with kind(place.server.endpoint) as line:
        line.breaks(after, AWAY)
        done = place.through(line, *words)
        assert done.code == 0 and line.down == 1, done
    place.whole(look(), want)


def test_fault_link_back_put():
    comes_back(place.one_up, 9 * MIB)


def test_fault_link_back_get():
    comes_back(place.one_down, 9 * MIB)


def test_fault_link_back_sync():
    comes_back(place.tree_up, 300000)
    comes_back(place.tree_down, 300000)


def gone(make, after, kind=link.Link, jobs=()):
    words, want, look = make()
    words = (*jobs, *words)
    with kind(place.server.endpoint) as line:
        line.breaks(after, None)
        begun = time.monotonic()
        done = place.through(line, *words)
        spent = time.monotonic() - begun
        errors = {(one["code"], one["exit"], one["message"].split(": ")[-1]) for one in map(json.loads, done.out.splitlines()) if one["type"] == "error"}
        assert done.code == 8 and line.down == 1 and done.error["code"] == "UNAVAILABLE" and done.error["next"], (done.code, line.down, sorted(errors), done.err[-500:])
        assert spent < (15 if kind is link.Link else 30) * servers.SLOW, spent        # once for all, not for each file
        line.mend()
        place.client = place.server.client()      # MinIO may have closed the connections of before, and its word got lost
        left = {name: data for name, data in look().items() if not os.path.basename(name).startswith(".tmp-")}
        assert all(want[name] == data for name, data in left.items()), sorted(left)
        passed = line.passed
        done = place.through(line, *words)
        assert done.code == 0, done
    place.whole(look(), want)
    return line.passed - passed


def test_fault_link_gone_put():
    assert gone(place.one_up, 21 * MIB) < len(LARGE), "what had arrived was sent again"


def test_fault_link_gone_get():
    assert gone(place.one_down, 21 * MIB) < len(LARGE), "what had arrived was asked for again"


FEW = ("--jobs", "4")        # so that files are left that have not begun when the line breaks: where each has, each fails for itself, and the exit code says that some were done


def test_fault_link_gone_sync():
    gone(place.tree_up, 300000, jobs=FEW)
    gone(place.tree_down, 300000, jobs=FEW)


def test_fault_link_route_back():
    """Open connections go on by themselves."""
    comes_back(place.one_up, 9 * MIB, link.Route)
    comes_back(place.one_down, 9 * MIB, link.Route)
    comes_back(place.tree_up, 300000, link.Route)
    comes_back(place.tree_down, 300000, link.Route)


def test_fault_link_route_gone_put():
    assert gone(place.one_up, 21 * MIB, link.Route) < len(LARGE), "what had arrived was sent again"


def test_fault_link_route_gone_get():
    assert gone(place.one_down, 21 * MIB, link.Route) < len(LARGE), "what had arrived was asked for again"


def test_fault_link_route_gone_sync():
    gone(place.tree_up, 300000, link.Route, FEW)
    gone(place.tree_down, 300000, link.Route, FEW)


def test_fault_link_damaged_upload():
    """MinIO forgets the parts and the checksum of an upload whose client leaves while it is being finished: the next one's end does not
    fit. It is given up, and the whole sent anew."""
    words, want, look = place.one_up()
    with proxy.Proxy(place.server.endpoint, [{"method": "PUT", "path": "partNumber=3", "do": "cut-before"}]) as between:
        assert place.through(between, *words).code == 8 and place.journals()
        between.plan([{"method": "POST", "path": "uploadId=", "nth": 1, "do": "reply", "status": 400, "code": "XAmzContentChecksumMismatch"}])
        done = place.through(between, *words)
        begun = [record["status"] for record in between.requests if record["method"] == "POST" and "uploads" in record["path"]]
        assert done.code == 0 and len(begun) == 2, (done, begun)
    place.whole(look(), want)


try:
    tap.run(sys.modules[__name__])
finally:
    place.__exit__()
