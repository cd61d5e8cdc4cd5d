"""containerfile.py: carries out the steps of a Containerfile without any container engine: each stage is a folder that begins as a copy of a
clean Debian (made once with debootstrap, and kept in ~/.cache/larder), each RUN a chroot into it. Needs root. Nothing of this machine is ever mounted below a stage: a RUN has
a /proc of its own in namespaces of its own, which end with it, and the devices are those that debootstrap made.

    stages = containerfile.build("etc/kubernetes/Containerfile", context, work)
    stages[-1].root, .user, .entrypoint
"""
import json
import os
import shlex
import shutil
import subprocess

PASSED = ("http_proxy", "https_proxy", "no_proxy", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "SSL_CERT_FILE")
SLIM = ("usr/share/doc", "usr/share/man", "usr/share/info", "usr/share/locale", "usr/share/lintian", "var/lib/apt/lists")   # not in the slim image
ALONE = ("unshare", "--mount", "--propagation", "private", "--pid", "--fork", "--kill-child")
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def remove(path):
    """A tree, and never what is mounted in it: a root may hold a /proc that somebody left there."""
    subprocess.run(["rm", "-rf", "--one-file-system", path], check=True)


def base(release):
    """A clean root of that release, made once."""
    cache = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    root = os.path.join(cache, "larder", "debian-" + release)
    if not os.path.exists(root):
        fresh = root + ".new"
        remove(fresh)
        subprocess.run(["unshare", "--mount", "--propagation", "private", "debootstrap", "--variant=minbase", release, fresh], check=True, stdout=subprocess.DEVNULL)
        subprocess.run(["chroot", fresh, "apt-get", "clean"], check=True)
        for name in SLIM:
            remove(os.path.join(fresh, name))
        os.rename(fresh, root)
    return root


def steps(path):
    """[(word, rest)]; lines that a backslash continues are one."""
    with open(path) as file:
        text = "".join(line for line in file if not line.lstrip().startswith("#"))
    return [tuple(line.split(None, 1)) for line in text.replace("\\\n", " ").splitlines() if line.strip()]


class Stage:
    def __init__(self, name, root):
        self.name, self.root, self.folder, self.user, self.entrypoint = name, root, "/", None, None

    def path(self, inside):
        return os.path.join(self.root, inside.lstrip("/"))

    def lend(self):
        """What the package clients of this machine need to reach their registries; taken back before the stage is looked at."""
        shutil.copy("/etc/resolv.conf", self.path("etc/resolv.conf"))
        for name in os.listdir("/etc/apt/apt.conf.d"):
            with open(os.path.join("/etc/apt/apt.conf.d", name)) as file:
                fetches = "Acquire::" in file.read()
            if fetches:
                shutil.copy(os.path.join("/etc/apt/apt.conf.d", name), self.path("etc/apt/apt.conf.d/lent-" + name))

    def give_back(self):
        for name in os.listdir(self.path("etc/apt/apt.conf.d")):
            if name.startswith("lent-"):
                os.unlink(self.path("etc/apt/apt.conf.d/" + name))
        os.unlink(self.path("etc/resolv.conf"))

    def run(self, command):
        environment = {name: os.environ[name] for name in PASSED if name in os.environ}
        environment.update(PATH=PATH, HOME="/root", LANG="C.UTF-8", DEBIAN_FRONTEND="noninteractive")
        inner = "cd %s && { %s; }" % (shlex.quote(self.folder), command)
        subprocess.run([*ALONE, "/bin/sh", "-c", 'mount -t proc proc "$0/proc" && exec chroot "$0" /bin/sh -c "$1"', self.root, inner], env=environment, check=True)

    def copy(self, words, context, stages):
        source = context
        if words[0].startswith("--from="):
            source = next(stage.root for stage in stages if stage.name == words.pop(0)[len("--from="):])
        target = self.path(words[1])
        os.makedirs(target, exist_ok=True)
        subprocess.run(["cp", "-a", os.path.join(source, words[0].lstrip("/"), "."), target], check=True)


def build(path, context, work):
    """The stages, each with its folder below `work`."""
    stages = []
    for word, rest in steps(path):
        print("==", word, rest.strip(), flush=True)
        if word == "FROM":
            names = rest.split()
            release = names[0].rsplit(":", 1)[1].replace("-slim", "")
            if stages:
                stages[-1].give_back()
            root = os.path.join(work, str(len(stages)))
            subprocess.run(["cp", "-a", base(release), root], check=True)
            stages.append(Stage(names[2] if len(names) == 3 else None, root))
            stages[-1].lend()
        elif word == "RUN":
            stages[-1].run(rest)
        elif word == "COPY":
            stages[-1].copy(rest.split(), context, stages)
        elif word == "WORKDIR":
            stages[-1].folder = rest.strip()
        elif word == "USER":
            stages[-1].user = rest.strip()
        elif word == "ENTRYPOINT":
            stages[-1].entrypoint = json.loads(rest)
        else:
            raise ValueError("no such step: " + word)
    stages[-1].give_back()
    return stages
