"""turns.py: workloads done by each client in turns (A B A B), and the table of their medians."""
import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "lib"))
import certificates  # noqa: E402
import null  # noqa: E402
import peers  # noqa: E402


class Scene:
    """The folder all happens in (in memory, so that disks do not count), the tool, and an authority for TLS."""

    def __init__(self, larder, other=None):
        self.larder, self.other, self.folder, self.number = larder, other, tempfile.mkdtemp(prefix="larder-bench-", dir="/dev/shm" if os.path.isdir("/dev/shm") else None), 0
        self.help = subprocess.run([larder, "help"], capture_output=True, text=True).stdout
        self.authority = certificates.make_authority(self.folder)
        certificates.make_certificate(self.folder, self.make("tls"))

    def can(self, command):
        return "\n  %s " % command in self.help

    def make(self, *names):
        path = os.path.join(self.folder, *names)
        os.makedirs(path, exist_ok=True)
        return os.path.join(self.folder, names[0])

    def files(self, name):
        """A folder of files that hold what the null server's set of that name holds."""
        top = os.path.join(self.folder, name)
        if os.path.isdir(top):
            return top
        count, size = int(name.split("x")[0]), size_of(name)
        text = null.content(min(size, 1 << 20)) if size < 1 << 20 else None
        for i in range(count):
            path = os.path.join(top, "%05d" % (i // 1000), "%08d" % i)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "wb") as file:
                if text is not None:
                    file.write(text)
                else:
                    subprocess.run([null.program(), "--content", str(size)], stdout=file, check=True)
        return top

    def fresh(self):
        self.number += 1
        return self.make("into-%d" % self.number)


def size_of(name):
    size = name.split("x")[1]
    unit = {"GiB": 30, "MiB": 20, "KiB": 10, "B": 0}[size.lstrip("0123456789")]
    return int(size.rstrip("BGiKM")) << unit


class Row:
    """One workload: `words(peer, server)` is what a client is told; `done(counts, into)` is true when it did it all."""

    def __init__(self, name, title, words, done, unit="cpu", server=None, tls=False, rounds=None, slow=True):
        self.name, self.title, self.words, self.done, self.unit = name, title, words, done, unit
        self.server, self.tls, self.rounds, self.slow = server or {}, tls, rounds, slow


class Server(null.Null):
    def __init__(self, scene, row):
        super().__init__(tls=os.path.join(scene.folder, "tls") if row.tls else None, **row.server)
        self.authority, self.into = os.path.join(scene.folder, "ca.crt"), None
        self.latency, self.faulty = row.server.get("latency"), row.server.get("every")


def environment(server):
    plain = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "LARDER_")) or name == "LARDER_MODULE_DIR"}
    trust = {"AWS_CA_BUNDLE": server.authority, "SSL_CERT_FILE": server.authority} if server.tls else {}
    return dict(plain, AWS_ACCESS_KEY_ID="larder", AWS_SECRET_ACCESS_KEY="larder-secret", AWS_REGION="us-east-1", AWS_DEFAULT_REGION="us-east-1",
                AWS_EC2_METADATA_DISABLED="true", AWS_CONFIG_FILE="/nonexistent", AWS_SHARED_CREDENTIALS_FILE="/nonexistent", **trust)


def once(scene, row, peer):
    """What one run of one client took, with the requests it sent, or {"cannot"} or {"failed"} with a text; None where it is not asked."""
    with Server(scene, row) as server:
        words = row.words(peer, server)
        if words is None or isinstance(words, str):
            return {"cannot": words} if words else None
        out = os.path.join(scene.folder, "out.json")
        with tempfile.TemporaryFile() as said:
            done = subprocess.run([os.path.join(os.environ["TOP_BUILDDIR"], "tests", "bench", "measure"), out, *words],
                                  stdout=subprocess.DEVNULL, stderr=said, env=environment(server), timeout=900)
            said.seek(0)
            text = said.read().decode(errors="replace").strip()[-300:]
    with open(out) as file:
        taken = json.load(file)
    taken["requests"] = {kind: count for kind, count in server.counts.items() if count}
    wrong = None if done.returncode == 0 and taken["status"] == 0 else text or "exit %d" % taken["status"]
    if not wrong and not row.done(server.counts, server.into):
        wrong = "did not do it all: %s" % taken["requests"]
    if server.into:
        shutil.rmtree(server.into)
    return {"failed": wrong} if wrong else taken


def measure(scene, row, clients, rounds, slow):
    """{client: [runs]}, a dictionary instead of the runs where it cannot, or one failed."""
    taken = {}
    for number in range(row.rounds or rounds):
        for peer in clients:
            if (peer.slow and (number or not (row.slow or slow))) or isinstance(taken.get(peer.name), dict):
                continue
            run = once(scene, row, peer)
            if run and "cpu" not in run:
                print("# %s: %s: %s" % (row.name, peer.name, run), file=sys.stderr)
                taken[peer.name] = run
            elif run:
                taken.setdefault(peer.name, []).append(run)
                print("# %-4s %-18s %7.3f s CPU %7.3f s wall %6.1f MiB" % (row.name, peer.name, run["cpu"], run["wall"], run["peak"]), file=sys.stderr)
    return taken


def ratio(taken, name, key):
    """Of larder to a client: the median over the rounds of the two runs that stood side by side."""
    if "larder" not in taken or isinstance(taken["larder"], dict) or name == "larder":
        return None
    return statistics.median(ours[key] / theirs[key] for ours, theirs in zip(taken["larder"], taken[name]))


def summary(row, taken):
    """A line a client: medians, ratios of larder to it, its largest peak, requests."""
    for name, runs in taken.items():
        line = {"workload": row.name, "title": row.title, "client": name, "unit": row.unit}
        if isinstance(runs, dict):
            yield dict(line, **runs)
            continue
        yield dict(line, cpu=statistics.median(run["cpu"] for run in runs), wall=statistics.median(run["wall"] for run in runs),
                   cpu_ratio=ratio(taken, name, "cpu"), wall_ratio=ratio(taken, name, "wall"),
                   peak=max(run["peak"] for run in runs), requests=runs[-1]["requests"], rounds=len(runs))


def said(line):
    """Why there is no figure."""
    return "cannot: " + line["cannot"] if "cannot" in line else "failed: " + line["failed"].replace("\n", " ").replace("|", "/")[:120]


def asked(line):
    return sum(count for kind, count in line["requests"].items() if kind not in ("connections", "refused", "reset", "stalled", "wrong"))


def figure(line, key):
    """Three digits that count."""
    value = line[key] * (1000 if line["unit"] == "ms" else 1)
    return "%.0f" % value if value >= 100 else "%.1f" % value if value >= 10 or line["unit"] == "ms" else "%.2f" % value


def table(lines):
    """A line a client: for a look at one workload."""
    yield "| workload | client | CPU | wall | peak MiB | requests | larder is: CPU, wall |"
    yield "|---|---|---|---|---|---|---|"
    for line in lines:
        head = "| %s %s | %s" % (line["workload"], line["title"], line["client"])
        if "cpu" not in line:
            yield head + " | %s | | | | |" % said(line)
            continue
        yield head + " | %s | %s | %.1f | %d | %s |" % (figure(line, "cpu"), figure(line, "wall"), line["peak"], asked(line), ratios(line))


def ratios(line):
    once = " (1)" if line.get("rounds") == 1 else ""
    return "" if line.get("cpu_ratio") is None else "%.2f, %.2f%s" % (line["cpu_ratio"], line["wall_ratio"], once)


def wide(lines, cell):
    """A line a workload, a column a client."""
    rows, clients = {}, [kind.name for kind in peers.ALL if any(line["client"] == kind.name for line in lines)]
    for line in lines:
        rows.setdefault("%s %s%s" % (line["workload"], line["title"], ", ms" if line["unit"] == "ms" else ""), {})[line["client"]] = line
    clients = [client for client in clients if any(client in row and cell(row[client]) for row in rows.values())]
    yield "| workload | %s |" % " | ".join(clients)
    yield "|---" * (len(clients) + 1) + "|"
    for title, row in rows.items():
        yield "| %s | %s |" % (title, " | ".join(cell(row[client]) if client in row else "" for client in clients))


def both_tables(lines):
    yield from wide(lines, lambda line: ratios(line) if "cpu" in line else said(line))
    yield ""
    yield from wide(lines, lambda line: "%s, %s / %.0f" % (figure(line, "cpu"), figure(line, "wall"), line["peak"]) if "cpu" in line else "")


def main(rows):
    """`rows(scene)` are the workloads of a script; its figures go into --out, beside those of the others."""
    options = argparse.ArgumentParser()
    options.add_argument("--larder", required=True)
    options.add_argument("--other", help="build folder of another larder to compare with")
    options.add_argument("--out", help="JSON; what is there of other workloads stays")
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--slow", action="store_true", help="the slowest peers do the longest workloads, too")
    options.add_argument("--only", default="", help="workloads, by comma")
    options.add_argument("--clients", default="", help="clients, by comma")
    options = options.parse_args()
    scene = Scene(options.larder, options.other)
    names, wanted = options.clients.split(",") if options.clients else [], options.only.split(",") if options.only else []
    clients = [peer for peer in (kind(scene) for kind in peers.ALL) if peer.here() and (not names or peer.name in names)]
    lines = []
    try:
        for row in rows(scene):
            if not wanted or row.name in wanted:
                lines += summary(row, measure(scene, row, clients, options.rounds, options.slow))
    finally:
        shutil.rmtree(scene.folder, ignore_errors=True)
    if options.out:
        keep(options.out, lines)
    else:
        print("\n".join(table(lines)))


def keep(path, lines):
    """Beside what is there; a client's line of before goes, those of clients that were not asked stay."""
    ours = {(line["workload"], line["client"]) for line in lines}
    before = gathered(path)["lines"] if os.path.exists(path) else []
    with open(path, "w") as file:
        json.dump({"versions": peers.versions(), "lines": [line for line in before if (line["workload"], line["client"]) not in ours] + lines}, file, indent=1)


def gathered(path):
    with open(path) as file:
        return json.load(file)


if __name__ == "__main__":      # turns.py FILE: what --out has gathered: larder's ratios to each client (CPU, wall), then CPU, wall / peak MiB
    found = gathered(sys.argv[1])
    print("\n".join(["%s %s" % pair for pair in found["versions"].items()] + [""] + list(both_tables(found["lines"]))))
