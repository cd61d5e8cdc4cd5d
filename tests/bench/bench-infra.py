#!/usr/bin/env python3
"""The whole strategy set up on moto and the services that stand in: made, planned and applied when nothing is to be done, and removed. Of larder, and where it is
found of Terraform, without the database and what moto lacks (backup), by a configuration of its own. The servers' time is in the wall time, and not in the CPU time."""
import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "..", "live"), os.path.join(HERE, "..", "lib")]
import strategy_tf  # noqa: E402
import strategy_whole  # noqa: E402
import terraform as found  # noqa: E402
from strategy_whole import DESTROY  # noqa: E402

GOALS = {"apply": (0.3, 5), "plan, nothing to do": (0.1, 1)}      # CPU-s, s; 30 MiB


class Bare(strategy_whole.Whole):
    """Without proxies: nothing between the tool and the servers."""

    def front(self, endpoint):
        return endpoint

    def plan(self, *rules):
        pass


def measure(folder, words, environment):
    """{"cpu", "wall", "peak"} of a command that must end well."""
    taken = os.path.join(folder, "taken.json")
    done = subprocess.run([os.path.join(os.environ["TOP_BUILDDIR"], "tests/bench/measure"), taken, *words], env=environment, capture_output=True, text=True, timeout=900)
    with open(taken) as file:
        facts = json.load(file)
    assert done.returncode == 0 and facts["status"] == 0, (words, facts, done.stdout[-2000:], done.stderr[-2000:])
    return facts


def larder(rounds, folder):
    """{what: [figures of each round]}."""
    place, taken = Bare("aws"), {}
    environment = {**strategy_whole.ENV, **place.env, "AWS_ENDPOINT_URL": place.server.endpoint}
    steps = (("apply", ("apply",)), ("plan, nothing to do", ("plan", "--detailed-exitcode")), ("apply, nothing to do", ("apply",)), ("destroy", DESTROY))
    for _ in range(rounds):
        place.fresh()
        for name, words in steps:
            taken.setdefault(name, []).append(measure(folder, [strategy_whole.LARDER, "-q", "infra", *words], environment))
            if name == "apply":
                place.is_the_strategy()
        place.is_nothing()
    place.server.stop()
    return taken


def terraform(rounds, folder):
    """The same; what it needs to begin with (init) is no part of it."""
    place, taken = Bare("aws"), {}
    environment = {**{name: value for name, value in os.environ.items() if not name.startswith("AWS_")}, "TF_IN_AUTOMATION": "1", "CHECKPOINT_DISABLE": "1", "no_proxy": "127.0.0.1"}
    for number in range(rounds):
        place.fresh()
        work = os.path.join(folder, "terraform-%d" % number)
        os.mkdir(work)
        strategy_tf.write(work, place.server.endpoint, place.files.net)
        command = ["terraform", "-chdir=" + work]
        subprocess.run([*command, "init", "-input=false", "-plugin-dir=" + found.plugins()], env=environment, check=True, stdout=subprocess.DEVNULL)
        for name, words in (("apply", ("apply", "-auto-approve", "-input=false")), ("plan, nothing to do", ("plan", "-input=false")), ("destroy", ("destroy", "-auto-approve"))):
            taken.setdefault(name, []).append(measure(folder, [*command, *words], environment))
    place.server.stop()
    return taken


def table(client, taken):
    for name, runs in taken.items():
        goal = GOALS.get(name) if client == "larder" else None
        cpu, wall, peak = (statistics.median(run[key] for run in runs) for key in ("cpu", "wall", "peak"))
        yield "| %s | %s | %.3f | %.2f | %.1f | %s |" % (name, client, cpu, wall, peak, "%.1f, %g, 30" % goal if goal else "")


def main():
    options = argparse.ArgumentParser()
    options.add_argument("--rounds", type=int, default=5)
    options.add_argument("--terraform-rounds", type=int, default=1 if found.plugins() else 0, help="of Terraform, too: one where it is found with its provider")
    options = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        lines = list(table("larder", larder(options.rounds, folder)))
        if options.terraform_rounds:
            lines += table("terraform", terraform(options.terraform_rounds, folder))
    print("\n".join(["| the strategy on moto | client | CPU s | wall s | peak MiB | goal |", "|---|---|---|---|---|---|", *lines]))


main()
