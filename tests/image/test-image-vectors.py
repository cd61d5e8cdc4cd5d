#!/usr/bin/env python3
"""The published pictures with right answers (LARDER_VECTORS/images), through the real tool: every `ok` file
with the right size and quality, every `refuse` file refused with a reason, in its time and memory."""
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import manifest  # noqa: E402

vectors = os.environ["LARDER_VECTORS"]
folder = os.path.join(vectors, "images")
if not os.path.exists(os.path.join(folder, "manifest.json")):
    print("1..1\nnot ok 1 - LARDER_VECTORS is set, but there is no %s/manifest.json" % folder)
    sys.exit(1)
sys.exit(manifest.run(folder, os.path.join(os.environ["TOP_BUILDDIR"], "larder"),
                      os.path.join(os.environ["TOP_SRCDIR"], "etc", "larder.ini"), "test-image-vectors"))
