"""manifests.py: larder export kubernetes from the pipeline that we ship, its documents by kind and name, the schemas of Kubernetes, and a
binder that holds claims and volumes together as a cluster does."""
import os
import re
import shutil
import sys
import tempfile

sys.path.insert(0, os.path.join(os.environ["TOP_SRCDIR"], "tests/cli"))
sys.path.insert(0, os.path.join(os.environ["TOP_SRCDIR"], "tests/lib"))
from tool import BUILD, HOME, SRC, larder, read, run, write  # noqa: E402,F401
import servers  # noqa: E402

servers.use_environment()
import kubernetes_validate  # noqa: E402
import yaml  # noqa: E402

MODULES = os.path.join(HOME, "modules")
VERSIONS = ("1.30", kubernetes_validate.latest_version())
IMAGE = "registry.example/larder:0.1.0"
GIVEN = {"image": IMAGE, "service-account": "model-sync"}


def modules():
    """The built modules, and the one of the tests."""
    if not os.path.isdir(MODULES):
        shutil.copytree(os.path.join(BUILD, ".libs"), MODULES, ignore=lambda folder, names: [n for n in names if not re.match(r"(driver|codec|lock)-.*\.so$|liblarder", n)])
        shutil.copy(os.path.join(BUILD, "tests/infra/.libs/driver-lent.so"), MODULES)
    return MODULES


class Export:
    """The shipped pipeline, [cache "models"] and [filesystem "model-cache"] with changes (None: the key away), on backends of this profile."""

    def __init__(self, profile='[backend "objects"]\ndriver = lent\nhandle = here\n\n[backend "files"]\ndriver = lent\nhandle = shelf-1\n', cache=None, filesystem=None):
        self.top = tempfile.mkdtemp(prefix="export-", dir=HOME)
        text = read(os.path.join(SRC, "etc/larder.ini")).decode()
        text = self.change(text, '[cache "models"]', {**GIVEN, **(cache or {})})
        text = self.change(text, '[filesystem "model-cache"]', filesystem or {})
        self.config = os.path.join(self.top, "larder.ini")
        write(self.config, text.encode())
        rest = "".join('\n[backend "%s"]\ndriver = localfs-mock\nroot = %s\n' % (name, self.top) for name in
                       ("objects-replica", "archive", "cdn", "backup", "database") if '"%s"' % name not in profile)
        write(os.path.join(self.top, "profiles/test.ini"), (profile + rest + '\n[lock "models"]\ndriver = file\nroot = %s\n' % self.top).encode())

    @staticmethod
    def change(text, head, keys):
        before, rest = text.split(head + "\n", 1)
        body, mark, after = rest.partition("\n[")
        lines = [line for line in body.split("\n") if line.split(" =")[0] not in keys]
        lines += ["%s = %s" % item for item in keys.items() if item[1] is not None]
        return before + head + "\n" + "\n".join(lines) + mark + after

    def run(self, *words, env=None):
        return larder("export", "kubernetes", *words, env={"LARDER_CONFIG": self.config, "LARDER_PROFILE": "test", "LARDER_MODULE_DIR": modules(), **(env or {})})

    def documents(self, *words, **more):
        """{"Kind/name": document}, each valid by the strict schemas of an old and of the newest Kubernetes."""
        got = self.run(*words, **more)
        assert got.code == 0, got.err
        return parsed(got.out)


def parsed(text):
    found = {}
    for document in yaml.safe_load_all(text):
        name = "%s/%s" % (document["kind"], document["metadata"]["name"])
        assert name not in found, name
        for version in VERSIONS:
            kubernetes_validate.validate(document, version, strict=True)
        found[name] = document
    return found


def pod(document):
    spec = document["spec"]
    if document["kind"] == "CronJob":
        spec = spec["jobTemplate"]["spec"]
    return spec if document["kind"] == "Pod" else spec["template"]["spec"]


def bytes_of(quantity):
    assert isinstance(quantity, str), quantity
    number, unit = re.fullmatch(r"([0-9.]+)([A-Za-z]*)", quantity).groups()
    return float(number) * {"": 1, **{u + "i": 1024 ** (n + 1) for n, u in enumerate("KMGTPE")}}[unit]


def bind(documents):
    """{claim: volume}; fails where a cluster would leave a claim pending."""
    volumes = {d["metadata"]["name"]: d["spec"] for d in documents.values() if d["kind"] == "PersistentVolume"}
    bound = {}
    for claim in (d for d in documents.values() if d["kind"] == "PersistentVolumeClaim"):
        name, spec = claim["metadata"]["name"], claim["spec"]
        volume = volumes[spec["volumeName"]]
        assert set(spec["accessModes"]) <= set(volume["accessModes"]), name
        assert bytes_of(spec["resources"]["requests"]["storage"]) <= bytes_of(volume["capacity"]["storage"]), name
        assert spec["storageClassName"] == volume["storageClassName"], name
        assert spec["volumeMode"] == volume["volumeMode"], name
        assert volume["claimRef"]["name"] == name and volume["claimRef"]["namespace"] == claim["metadata"]["namespace"], name
        assert spec["volumeName"] not in bound.values(), "two claims of one volume"
        bound[name] = spec["volumeName"]
    return bound
