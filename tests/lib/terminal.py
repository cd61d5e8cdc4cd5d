"""terminal.py: a pseudo terminal, also where no devpts is mounted (a bare root folder): then from one of our own.

    ours, theirs = terminal.open_terminal()
    text = terminal.read_all(ours)           # what was written to it, once theirs is closed everywhere
"""
import fcntl
import os
import pty
import struct
import subprocess
import tempfile

TIOCSPTLCK, TIOCGPTPEER = 0x40045431, 0x5441


def open_terminal():
    try:
        return pty.openpty()
    except OSError:
        folder = tempfile.mkdtemp(prefix="larder-pts-")
        subprocess.run(["mount", "-t", "devpts", "-o", "newinstance,ptmxmode=0666", "devpts", folder], check=True)
        try:
            parent = os.open(os.path.join(folder, "ptmx"), os.O_RDWR | os.O_NOCTTY)
            fcntl.ioctl(parent, TIOCSPTLCK, struct.pack("i", 0))
            return parent, fcntl.ioctl(parent, TIOCGPTPEER, os.O_RDWR | os.O_NOCTTY)
        finally:
            subprocess.run(["umount", "-l", folder], check=True)
            os.rmdir(folder)


def read_all(ours):
    text = b""
    try:
        while True:
            piece = os.read(ours, 4096)
            if not piece:
                break
            text += piece
    except OSError:  # the other end is closed: all was read
        pass
    os.close(ours)
    return text
