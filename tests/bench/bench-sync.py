#!/usr/bin/env python3
"""W7: a sync that finds nothing to do: 100,000 files, sizes compared."""
import turns

SET = "100000x4KiB"


def rows(scene):
    yield turns.Row("W7", "sync of 100,000 files, nothing to do", lambda peer, server: peer.sync(server, scene.files(SET)),
                    lambda counts, _: counts["list"] >= 100 and counts["put"] == counts["get"] == 0)


if __name__ == "__main__":
    turns.main(rows)
