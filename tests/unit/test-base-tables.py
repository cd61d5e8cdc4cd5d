#!/usr/bin/env python3
"""The committed checksum tables are what their script prints."""
import os
import subprocess
import sys

top = os.environ["TOP_SRCDIR"]
made = subprocess.run([sys.executable, os.path.join(top, "tests/lib/make-checksum-tables.py")],
                      check=True, capture_output=True, text=True).stdout
with open(os.path.join(top, "core/base/checksum-tables.h"), encoding="utf-8") as committed:
    same = committed.read().strip() == made.strip()
print("1..1")
print("%s 1 - test-base-tables-committed" % ("ok" if same else "not ok"))
sys.exit(0 if same else 1)
