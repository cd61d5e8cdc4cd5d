#!/usr/bin/env python3
"""W1: one object of 1 GiB, up, and down to a new file; HTTP and HTTPS."""
import os

import turns

SET, SIZE = "1x1GiB", 1 << 30


def sent(counts, _):
    return counts["put"] == 1 or (counts["complete"] == 1 and counts["part"] > 1)


def came(counts, into):
    found = [os.path.join(at, name) for at, _, names in os.walk(into) for name in names]
    return len(found) == 1 and os.path.getsize(found[0]) == SIZE


def up(scene):
    return lambda peer, server: peer.up(server, scene.files(SET))


def down(scene):
    def words(peer, server):
        server.into = scene.fresh()
        return peer.down(server, SET, server.into)
    return words


def rows(scene):
    yield turns.Row("W1u", "1 GiB up, HTTP", up(scene), sent)
    yield turns.Row("W1d", "1 GiB down to a new file, HTTP", down(scene), came)
    yield turns.Row("W1su", "1 GiB up, HTTPS", up(scene), sent, tls=True)
    yield turns.Row("W1sd", "1 GiB down to a new file, HTTPS", down(scene), came, tls=True)


if __name__ == "__main__":
    turns.main(rows)
