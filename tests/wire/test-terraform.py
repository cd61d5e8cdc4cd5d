#!/usr/bin/env python3
"""What each driver writes of a resource for Terraform, as goldens: lines in, resources and imports out. `test-terraform.py write` writes them anew: read the difference."""
import glob
import json
import os
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "lib"))
import tap  # noqa: E402

PROGRAM = os.path.join(os.environ.get("TOP_BUILDDIR", "."), "tests/wire/terraform-share")


def written(case):
    done = subprocess.run([PROGRAM], input=case, text=True, capture_output=True)
    assert done.returncode == 0 and done.stderr == "", done
    return json.dumps(json.loads(done.stdout), indent=1, sort_keys=True) + "\n"


def check(path):
    def test():
        with open(path) as file:
            case, _, golden = file.read().partition("\n\n")
        got = written(case + "\n")
        if sys.argv[1:] == ["write"]:
            with open(path, "w") as file:
                file.write(case + "\n\n" + got)
        else:
            assert got == golden, got
    return test


for each in sorted(glob.glob(os.path.join(HERE, "shares", "*.txt"))):
    globals()["test_wire_terraform_" + os.path.basename(each)[:-4].replace("-", "_")] = check(each)
assert len([name for name in globals() if name.startswith("test_wire")]) >= 8
tap.run(sys.modules[__name__])
