#!/usr/bin/env python3
"""W6, W8 and W9: names alone: listings of any length, deletes, what a client costs before it does anything."""
import turns


def listed(pages):
    return lambda counts, _: counts["list"] >= pages


def deleted(counts, _):
    return counts["delete"] >= 10000 or counts["delete_many"] >= 10


def rows(scene):
    def listing(of):
        return lambda peer, server: peer.list(server, "bench/%s/" % of)
    yield turns.Row("W6-100k", "list 100,000 keys", listing("100000x4KiB"), listed(100))
    yield turns.Row("W6-1M", "list 1,000,000 keys", listing("1000000x4KiB"), listed(1000), slow=False)
    yield turns.Row("W8", "delete 10,000", lambda peer, server: peer.delete(server, "bench/10000x4KiB/"), deleted)
    yield turns.Row("W9v", "version", lambda peer, server: peer.version(server), lambda counts, _: True, unit="ms", rounds=9)
    yield turns.Row("W9l", "list one key", listing("1x4KiB"), listed(1), unit="ms", rounds=9)


if __name__ == "__main__":
    turns.main(rows)
