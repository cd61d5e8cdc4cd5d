"""folders.py: what lies below a folder."""
import os


def files(top):
    """{path below it: bytes}"""
    found = {}
    for folder, _, names in os.walk(top):
        for name in names:
            with open(os.path.join(folder, name), "rb") as file:
                found[os.path.relpath(os.path.join(folder, name), top)] = file.read()
    return found
