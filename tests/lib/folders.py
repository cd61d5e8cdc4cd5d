"""folders.py: a folder of a test's own, and what lies below one."""
import os
import tempfile


def files(top):
    """{path below it: bytes}"""
    found = {}
    for folder, _, names in os.walk(top):
        for name in names:
            with open(os.path.join(folder, name), "rb") as file:
                found[os.path.relpath(os.path.join(folder, name), top)] = file.read()
    return found


def change(path, *pairs):
    """In a file each text, which is there, becomes another."""
    with open(path) as file:
        text = file.read()
    for old, new in pairs:
        assert old in text, old
        text = text.replace(old, new)
    with open(path, "w") as file:
        file.write(text)


class Home:
    """A folder of its own, until somebody removes it."""

    def __init__(self, prefix):
        self.home = tempfile.mkdtemp(prefix=prefix)

    def path(self, *names):
        return os.path.join(self.home, *names)

    def write(self, name, data):
        os.makedirs(os.path.dirname(self.path(name)), exist_ok=True)
        with open(self.path(name), "wb") as file:
            file.write(data)
