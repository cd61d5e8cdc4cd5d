#!/usr/bin/env python3
"""Transfers killed at random instants, a few of them; `make check-fault` does five hundred."""
import os
import random
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(os.environ["TOP_SRCDIR"], "tests/lib"))
import kill_transfers  # noqa: E402
import tap  # noqa: E402


def test_fault_transfer_kill():
    seed = random.randrange(1 << 32)
    print("# seed", seed)
    assert kill_transfers.main(15, seed)


tap.run(sys.modules[__name__])
