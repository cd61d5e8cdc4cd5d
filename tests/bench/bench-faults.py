#!/usr/bin/env python3
"""W10: each hundredth request is refused with 503, reset, or stalled for three seconds and then reset. Every byte must be right
(the server compares what it gets, we what we got), and the requests must stay near the least."""
import os

import null
import turns

SET, COUNT, SIZE = "1000x64KiB", 1000, 64 << 10


def sent(counts, _):
    return counts["put"] >= COUNT and counts["wrong"] == 0


def came(counts, into):
    text = null.content(SIZE)
    found = [os.path.join(at, name) for at, _, names in os.walk(into) for name in names]
    return len(found) == COUNT and all(open(path, "rb").read() == text for path in found)


def rows(scene):
    def down(peer, server):
        server.into = scene.fresh()
        return peer.down(server, SET, server.into)
    server = {"every": 100, "faults": "rcs", "check": True}
    yield turns.Row("W10u", "1,000 × 64 KiB up, 1 % of requests fail", lambda peer, server: peer.up(server, scene.files(SET)), sent, server=server, unit="wall")
    yield turns.Row("W10d", "1,000 × 64 KiB down, 1 % of requests fail", down, came, server=server, unit="wall")


if __name__ == "__main__":
    turns.main(rows)
