#!/usr/bin/env python3
"""W2 to W5: many small objects up, and down to new files; W5 with 20 ms before each answer, where wall time counts."""
import os

import turns


def sent(count):
    return lambda counts, _: counts["put"] + counts["complete"] == count


def came(count, size):
    def done(_, into):
        found = [os.path.getsize(os.path.join(at, name)) for at, _, names in os.walk(into) for name in names]
        return len(found) == count and set(found) == {size}
    return done


def both(scene, name, of, title, **more):
    count, size = int(of.split("x")[0]), turns.size_of(of)

    def down(peer, server):
        server.into = scene.fresh()
        return peer.down(server, of, server.into)
    yield turns.Row(name + "u", title + " up", lambda peer, server: peer.up(server, scene.files(of)), sent(count), **more)
    yield turns.Row(name + "d", title + " down", down, came(count, size), **more)


def rows(scene):
    yield from both(scene, "W2", "1000x64KiB", "1,000 × 64 KiB")
    yield from both(scene, "W3", "10000x4KiB", "10,000 × 4 KiB", slow=False)
    yield from both(scene, "W4", "10000x256KiB", "10,000 × 256 KiB", slow=False)
    yield from both(scene, "W5", "2000x4KiB", "2,000 × 4 KiB at 20 ms", unit="wall", server={"latency": 20}, slow=False)


if __name__ == "__main__":
    turns.main(rows)
