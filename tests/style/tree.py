"""tree.py: what the style tests share: the sources of a tree, their functions, TAP output."""
import os
import re
import subprocess

ROOT = os.environ.get("TOP_SRCDIR") or os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")


def files(*suffixes):
    """Paths of our sources: as git lists them, or all below the six folders (a tarball)."""
    found = []
    for top in ("core", "drivers", "plugins", "tests", "etc", "doc"):
        for folder, _, names in os.walk(os.path.join(ROOT, top)):
            for name in names:
                path = os.path.relpath(os.path.join(folder, name), ROOT)
                if path.endswith(suffixes) and "/." not in path:
                    found.append(path)
    return sorted(found)


def read(path):
    with open(os.path.join(ROOT, path), encoding="utf-8", errors="replace") as file:
        return file.read()


def without_comments(text):
    text = re.sub(r"/\*.*?\*/", lambda m: "\n" * m.group().count("\n"), text, flags=re.S)
    return re.sub(r'"(?:\\.|[^"\\\n])*"', '""', text)


def functions(text):
    """(first line, number of lines) of each function body: a column-0 { to a column-0 }."""
    start = None
    for number, line in enumerate(text.split("\n"), 1):
        if line.startswith("{"):
            start = number
        elif line.startswith("}") and start:
            yield start, number - start + 1
            start = None


class Tap:
    def __init__(self):
        self.count, self.failed = 0, 0

    def check(self, name, problems):
        self.count += 1
        problems = list(problems)
        for problem in problems:
            print("#", problem)
        print("not ok" if problems else "ok", self.count, "-", name)
        self.failed += bool(problems)

    def end(self):
        print("1..%d" % self.count)
        return 1 if self.failed else 0
