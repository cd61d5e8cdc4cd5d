"""strategy_whole.py: all of the strategy from one pipeline file: the pipeline that we ship with a control, a policy of the file system and a database that goes, on AWS as far
as moto and the services that stand in are it, or on MinIO. Each service is behind a proxy that keeps what is asked.

    w = strategy_whole.world("aws")
    w.fresh()                                # a new account, with what is its owners'
    w.infra("apply"); w.is_the_strategy()    # by boto3
    w.wrote()                                # requests of that run that write
"""
import os
import subprocess
import sys
import urllib.parse
import urllib.request

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import strategy_backup  # noqa: E402
import strategy_buckets  # noqa: E402
import strategy_cdn  # noqa: E402
from strategy_buckets import IMAGES, REGION, change, check_strategy, proxy  # noqa: E402
from strategy_filesystem import FileSystem  # noqa: E402
import network  # noqa: E402
from tool import ENV, LARDER, larder  # noqa: E402

ENVIRONMENT = "pingvas-studio"
DESTROY = ("destroy", "--environment", ENVIRONMENT)
ACCOUNT_ROLE = "arn:aws:iam::123456789012:role/"
COPIES, BACKS_UP = "larder-copies-" + IMAGES, "larder-backup-" + strategy_backup.PLAN
# What the strategy leaves open, or AWS asks otherwise by now: a control instead of an identity, a policy of the file system, and a database that goes.
PIPELINE = (("origin-access = oai ", "origin-access = oac "), ("egress = open\n", "egress = open\npolicy = tls, access-point\nautomatic-backup = yes\n"),
            ("instance = pingvas-studio\n", "instance = pingvas-studio\ndestroy = yes\n"))
CERTIFICATE = ("[cdn \"images\"]\n", "[cdn \"images\"]\ncertificate = %s\naliases = images.pingvas.studio\n" % strategy_cdn.CERTIFICATE)
KIND = {"elasticfilesystem": "EFS", "ec2": "EC2", "kms": "KMS", "rds": "RDS", "iam": "IAM", "cloudfront": "CloudFront", "backup": "Backup", "s3": "S3"}


class Files(FileSystem):
    def __init__(self, server):
        self.efs, self.ec2 = (server.client(name, region_name=REGION) for name in ("efs", "ec2"))


class Cdn(strategy_cdn.Distribution):
    def __init__(self, service, client, buckets):
        self.service, self.client, self.buckets = service, client, buckets


def service_of(record):
    return dict(record["headers"])["authorization"].split("/aws4_request")[0].rsplit("/", 1)[1]


def is_write(record):
    """By its method, or where all are POST by what it asks for."""
    if service_of(record) in ("ec2", "rds", "iam", "kms") or record["path"] == "/" and record["method"] == "POST":
        target = dict(record["headers"]).get("x-amz-target")
        action = target.split(".")[1] if target else dict(urllib.parse.parse_qsl(record.get("body", b"").decode()))["Action"]
        return not action.startswith(("Describe", "Get", "List"))
    return record["method"] not in ("GET", "HEAD")


class Whole(strategy_buckets.World):
    """All services of it, each behind a proxy that keeps what is asked."""
    role = ACCOUNT_ROLE + COPIES

    def __init__(self, name):
        self.fronts = []
        super().__init__(name)
        if name == "minio":                      # as its profile has it: AWS's own services are not there, and need no region
            for region in ("AWS_REGION", "AWS_DEFAULT_REGION"):
                self.env.pop(region)
        self.fronts.append(self.between)
        if name == "aws":
            change(os.path.join(os.path.dirname(self.config), "profiles/aws.ini"), CERTIFICATE)
            self.files, self.rds, self.iam = Files(self.server), self.server.client("rds", region_name=REGION), self.server.client("iam")
            self.cdns = Cdn(self.cdn, self.server.client("cloudfront", endpoint=self.cdn.endpoint), self.client)
            self.plans = self.server.client("backup", endpoint=self.backups.endpoint)

    def changes(self):
        return PIPELINE

    def front(self, endpoint):
        self.fronts.append(proxy.Proxy(endpoint))
        return self.fronts[-1].endpoint

    def plan(self, *rules):
        for between in [*self.fronts, self.between]:
            between.plan([*rules, {"do": "keep"}])

    def start(self, *words):
        return subprocess.Popen([LARDER, "infra", *words, "--json"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, env={**ENV, **self.env}, text=True)

    def infra(self, *words, code=0):
        """All lines; what was sent is in `all`, and of it in `sent` what went to S3."""
        before = [len(between.requests) for between in self.fronts]
        got = larder("infra", *words, "--json", env=self.env)
        assert got.code == code, (words, got.code, got.out[-3000:], got.err[-3000:])
        self.all = [record for at, between in zip(before, self.fronts) for record in between.requests[at:]]
        self.sent = [record for record in self.all if service_of(record) == "s3"]
        self.check()
        self.err = got.err
        return got.lines()

    def wrote(self):
        return [(KIND[service_of(record)], record["method"], record["path"], record.get("body", b"")[:80]) for record in self.all if is_write(record)]

    # ---- on AWS

    def fresh(self):
        """A new account, with the network, the key and the database of their owners."""
        self.plan()
        urllib.request.urlopen(urllib.request.Request(self.server.endpoint + "/moto-api/reset", method="POST")).read()
        self.cdn.clear()
        self.backups.plans.clear(), self.backups.iam.roles.clear(), self.backups.vaults.clear()
        self.backups.vaults["Default"] = {}
        self.files.stands_in(network.Network(self.server, REGION))
        strategy_backup.make_instance(self.rds)

    def applied(self):
        self.fresh()
        return self.infra("apply")

    def is_the_strategy(self):
        """All of it, by boto3, with one of each."""
        check_strategy(self)
        assert self.there() == sorted(self.buckets)
        facts, want = self.files.facts(), self.files.strategy()
        assert facts == want, (facts, want)
        control, = self.cdn.controls
        config = strategy_cdn.plain(self.cdns.config()[0])
        assert config == strategy_cdn.strategy(control=control) and not self.cdn.identities, (config, strategy_cdn.strategy(control=control))
        arn, tags = self.cdns.tags()
        assert tags == {"larder:id": ENVIRONMENT + "/cdn/images", "Name": "Images CDN"}, tags
        assert self.cdns.readers() == [({"Service": "cloudfront.amazonaws.com"}, {"StringEquals": {"AWS:SourceArn": arn}})], self.cdns.readers()
        found, want = strategy_backup.plans(self.plans), strategy_backup.strategy(ACCOUNT_ROLE + BACKS_UP, self.files.system()["FileSystemArn"])
        assert found == want and sorted(self.backups.vaults) == ["Default", "main"], (found, want)
        assert self.roles() == [COPIES, BACKS_UP], self.roles()
        assert strategy_backup.instance(self.rds) == strategy_backup.INSTANCE, strategy_backup.instance(self.rds)
        assert (self.cdn.wrong, self.backups.wrong, self.backups.iam.wrong) == ([], [], [])

    def roles(self):
        """Those of S3's replication, then those of the service that stands in."""
        return [role["RoleName"] for role in self.iam.list_roles()["Roles"]] + sorted(self.backups.iam.roles)

    def is_nothing(self):
        """Every list of boto3 is empty, but for what was there before, and the snapshot."""
        assert self.there() == [] and self.roles() == []
        assert self.files.efs.describe_file_systems()["FileSystems"] == self.files.efs.describe_access_points()["AccessPoints"] == self.files.groups() == []
        for operation, key in (("list_distributions", "DistributionList"), ("list_origin_access_controls", "OriginAccessControlList"),
                               ("list_cloud_front_origin_access_identities", "CloudFrontOriginAccessIdentityList")):
            assert getattr(self.cdns.client, operation)()[key]["Quantity"] == 0, operation
        assert strategy_backup.plans(self.plans) == [] and [one["BackupVaultName"] for one in self.plans.list_backup_vaults()["BackupVaultList"]] == ["Default"]
        assert self.rds.describe_db_instances()["DBInstances"] == []
        assert [one["DBSnapshotIdentifier"] for one in self.rds.describe_db_snapshots(SnapshotType="manual")["DBSnapshots"]] == ["pingvas-studio-final-snapshot"]


WORLD = {}


def world(name):
    if name not in WORLD:
        WORLD[name] = Whole(name)
    return WORLD[name]


def counts(lines):
    return [line for line in lines if line["type"] == "counts"][-1]


def marks(lines):
    """{(resource, identity): {(path, how)}} of what is not as it is to be."""
    found = {}
    for line in lines:
        if line["type"] == "change" and line["change"] not in ("same", "warning", "unsupported"):
            found.setdefault((line["resource"], line["identity"]), set()).add((line["path"], line["change"]))
    return found
