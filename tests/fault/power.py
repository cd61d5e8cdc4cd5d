"""power.py: a model of a disk that keeps no more than it must: what was not synced may be there, or empty, or half, and a name that was
made, moved or removed without a sync of its folder may be as before. It is fed with what recorder.c saw."""
import os

FOLDER = "folder"
RECORDER = os.path.join(os.environ["TOP_BUILDDIR"], "tests/fault/.libs/recorder.so")
LARGE = 1 << 16         # of such a file only a few states are kept
BLOCK = 1 << 14


def recording(log, root, stop=None):
    """The environment of a command whose calls below `root` go to `log`; killed instead of its call of that number."""
    if os.path.exists(log):
        os.unlink(log)
    more = {"LARDER_RECORD": log, "LARDER_RECORD_ROOT": root, "LD_PRELOAD": RECORDER}
    if "ASAN_OPTIONS" in os.environ:
        more["ASAN_OPTIONS"] = os.environ["ASAN_OPTIONS"] + ":verify_asan_link_order=0"
    if stop is not None:
        more["LARDER_RECORD_STOP"] = str(stop)
    return more


class Content:
    """Bytes of a file, which stay as they are: a write makes another that shares all blocks it does not touch, and one of zeros has none.
    So the many states of a large file that is reserved at once and filled bit by bit cost what was written, not its length each."""
    __slots__ = ("length", "blocks")

    def __init__(self, data=b"", length=None, blocks=None):
        self.length = len(data) if length is None else length
        self.blocks = {at: data[at:at + BLOCK].rstrip(b"\0") for at in range(0, len(data), BLOCK)} if blocks is None else blocks
        self.blocks = {at: block for at, block in self.blocks.items() if block}

    def written(self, offset, data):
        blocks, end = dict(self.blocks), offset + len(data)
        for at in range(offset - offset % BLOCK, end, BLOCK):
            old, start, stop = blocks.get(at, b"").ljust(BLOCK, b"\0"), max(at, offset), min(at + BLOCK, end)
            blocks[at] = (old[:start - at] + data[start - offset:stop - offset] + old[stop - at:]).rstrip(b"\0")
        return Content(length=max(self.length, end), blocks=blocks)

    def cut(self, length):
        return Content(length=length, blocks={at: block[:length - at].rstrip(b"\0") for at, block in self.blocks.items() if at < length})

    def half(self, synced):
        """Of what came since: what was only added to keeps what it had."""
        had = synced.length if self.cut(synced.length) == synced else 0
        return self.cut(had + (self.length - had) // 2)

    def __bytes__(self):
        return b"".join(self.blocks.get(at, b"").ljust(min(BLOCK, self.length - at), b"\0") for at in range(0, self.length, BLOCK))

    def __eq__(self, other):
        return isinstance(other, Content) and self.length == other.length and self.blocks == other.blocks

    def __hash__(self):
        return hash((self.length, frozenset(self.blocks.items())))


class Link(bytes):
    """Where a symbolic link leads. It is there whole, or its name is not."""


class Tree(dict):
    """{path: Content, Link or FOLDER}; `modes` of files that were given one: {path: mode}."""

    def __init__(self):
        super().__init__()
        self.modes = {}

    def add(self, other):
        self.update(other)
        self.modes.update(other.modes)


class Node:
    """A file or folder. What may be found after a power cut: any of the values since the last sync, oldest first."""

    def __init__(self, folder):
        self.folder = folder
        self.values = {} if folder else {"": [Content()]}     # folder: a name's nodes, None for none; file: its bytes

    def now(self, name=""):
        return self.values.get(name, [None])[-1]

    def set(self, name, value):
        values = self.values.setdefault(name, [None])
        if not self.folder and not name and len(values) > 3 and value.length > LARGE:
            del values[2:]
        values.append(value)

    def sync(self):
        self.values = {name: values[-1:] for name, values in self.values.items() if values[-1] is not None}


class Disk:
    def __init__(self, root):
        """As it is now, all of it durable."""
        self.root, self.nodes = root, {}
        self.top = self.load(root)

    def load(self, path):
        inode = os.lstat(path).st_ino
        if inode in self.nodes:
            return self.nodes[inode]
        node = self.nodes[inode] = Node(os.path.isdir(path) and not os.path.islink(path))
        if os.path.islink(path):
            node.values = {"": [Link(os.fsencode(os.readlink(path)))]}
        elif node.folder:
            node.values = {name: [self.load(os.path.join(path, name))] for name in os.listdir(path)}
        else:
            with open(path, "rb") as file:
                node.values = {"": [Content(file.read())]}
        return node

    def place(self, path):
        """The folder, and the name in it."""
        node = self.top
        *folders, name = os.path.relpath(path, self.root).split("/")
        for folder in folders:
            node = node.now(folder)
        return node, name

    def play(self, line):
        what, *words = line.split(" ")
        if what == "nameless":
            self.nodes[int(words[0])] = Node(False)
        elif what in ("make", FOLDER):
            node = self.nodes[int(words[0])] = Node(what == FOLDER)
            folder, name = self.place(words[1])
            folder.set(name, node)
        elif what == "symlink":
            node = self.nodes[int(words[0])] = Node(False)
            node.values = {"": [Link(words[2].encode())]}
            folder, name = self.place(words[1])
            folder.set(name, node)
        elif what == "mode":
            self.nodes[int(words[0])].set("mode", int(words[1], 8))
        elif what == "write":
            node, offset, data = self.nodes[int(words[0])], int(words[1]), bytes.fromhex(words[2])
            node.set("", node.now().written(offset, data))
        elif what == "cut":
            node = self.nodes[int(words[0])]
            node.set("", node.now().cut(int(words[1])))
        elif what == "sync":
            self.nodes[int(words[0])].sync()
        elif what == "rename":
            (source, old), (target, new) = self.place(words[0]), self.place(words[1])
            if source.now(old) is not target.now(new):      # two names of one file: nothing happens
                target.set(new, source.now(old))
                source.set(old, None)
        elif what == "link":
            folder, name = self.place(words[1])
            folder.set(name, self.nodes[int(words[0])])
        else:
            folder, name = self.place(words[0])
            folder.set(name, None)

    def tree(self, choose, node=None, path=""):
        """The disk as `choose` (node, name, values) has it."""
        node, found = node or self.top, Tree()
        for name, values in node.values.items():
            value = choose(node, name, values)
            below = path + "/" + name if path else name
            if isinstance(value, Node) and value.folder:
                found[below] = FOLDER
                found.add(self.tree(choose, value, below))
            elif isinstance(value, Node):
                found[below] = choose(value, "", value.values[""])
                if "mode" in value.values:
                    found.modes[below] = choose(value, "mode", value.values["mode"])
        return found

    def lost(self):
        return self.tree(lambda node, name, values: values[0])

    def kept(self):
        return self.tree(lambda node, name, values: values[-1])

    def cuts(self):
        """All lost, all kept, and each thing that is not certain in each of its states beside both."""
        yield self.lost()
        yield self.kept()
        for node in dict.fromkeys(self.nodes.values()):        # in the order in which they came: the same each time
            for name, values in node.values.items():
                if len(values) > 1:
                    half = [] if node.folder or name else [values[-1].half(values[0])]
                    for value in values[:-1] + half + values[-1:]:
                        for other in (0, -1):
                            yield self.tree(lambda n, m, v: value if (n, m) == (node, name) else v[other])
