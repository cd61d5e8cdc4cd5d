#!/usr/bin/env python3
"""The commands under what infra policy prints and nothing else: a guard (tests/lib/iam_guard.py) in front of moto and of what stands in for CloudFront and Backup lets by what the document allows.
All pass; nothing is in the document that is not asked for; each action refused is told by the id of the refusal, and the command fails; under the document without it, some command does."""
import json
import os
import sys
import tempfile
import time
import urllib.request

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "..", "cli"), os.path.join(HERE, "..", "lib")]
import backup_service  # noqa: E402
import clock  # noqa: E402
import cloudfront_service  # noqa: E402
import iam_guard  # noqa: E402
import network  # noqa: E402
import proxy  # noqa: E402
import servers  # noqa: E402
servers.use_environment()
from cryptography.hazmat.primitives import serialization  # noqa: E402
from cryptography.hazmat.primitives.asymmetric import ec  # noqa: E402
from folders import change  # noqa: E402
from tool import HOME, larder, run, write  # noqa: E402
from world import png  # noqa: E402

REGION, IMAGES, BACKUPS, TOKEN = "ap-northeast-2", "pingvas-studio-images", "pingvas-studio-backups", "pingvas-studio-models"
OTHERS = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}]}'
RIGHTS = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}'
DESTROY = ("destroy", "--environment", "pingvas-studio")


class World:
    """The pipeline that we ship, with a line for each setting that it has none of, in front of guarded services."""

    def __init__(self):
        self.server = servers.start("moto", keeping=True)
        self.guard, self.told = iam_guard.Guard(self.server), set()
        self.cdn, self.backup = cloudfront_service.Service(), backup_service.Service()
        self.cdn.progress = 0
        self.cdn.certificates["arn:aws:acm:us-east-1:123456789012:certificate/c-1"] = {"tags": {"Name": "cdn"}, "Status": "ISSUED", "KeyAlgorithm": "RSA_2048"}
        self.moto, self.front, self.plans = (proxy.Proxy(one.endpoint, [{"method": "POST", "path": r"/lost-.*\?uploads", "do": "drop-reply"}, self.guard.rule])
                                             for one in (self.server, self.cdn, self.backup))
        net = network.Network(self.server, REGION)
        self.guard.aliases = ["alias/efs"]
        self.nodes = net.nodes
        self.efs, self.ec2, self.s3, self.rds = (self.server.client(name, region_name=REGION) for name in ("efs", "ec2", "s3", "rds"))
        self.iam = self.server.client("iam")
        self.home = tempfile.mkdtemp(prefix="policy", dir=HOME)
        self.config = servers.pipeline(os.path.join(self.home, "pipeline"))
        change(self.config, ("purpose = logs\n", "purpose = logs\ntls-only = yes\nownership = BucketOwnerEnforced\ntiering = 90d ARCHIVE_ACCESS\ntags = Kind=logs\n"), ("accept = bursting-and-ia", "accept = bursting-and-ia\npolicy = tls, access-point\nautomatic-backup = yes"),
               ("logs = postgresql\n", "logs = postgresql\ndestroy = yes\n"),
               ("geo = none\n", "geo = none\nkey-group = kg-1\ncertificate = tag:Name=cdn\naliases = images.pingvas.studio\n"))
        change(os.path.join(self.home, "pipeline/profiles/aws.ini"), ("driver = backup\n", "driver = backup\nendpoint = %s\n" % self.plans.endpoint),
               ("driver = cloudfront\n", "driver = cloudfront\nendpoint = %s\nsigning-key-id = K1\nsigning-key-file = %s/key.pem\n" % (self.front.endpoint, self.home)), ("root = /models", "root = %s/models" % self.home), 
               ("driver = redis\naddress = ${LARDER_REDIS:-redis:6379}\npassword = ${LARDER_REDIS_PASSWORD:-}\n", "driver = file\nroot = %s/locks\n" % self.home),
               ("[cache \"models\"]\n", "[cache \"models\"]\nroot = %s/models\n" % self.home))
        key = ec.generate_private_key(ec.SECP256R1())
        write(os.path.join(self.home, "key.pem"), key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))
        self.cdn.key_groups["kg-1"] = ["K1"]
        self.cdn.public_keys["K1"] = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo).decode()
        self.env = dict(self.server.environment(self.moto.endpoint), LARDER_CONFIG=self.config, LARDER_PROFILE="aws")

    def larder(self, *words, **more):
        return larder(*words, env=self.env, **more)

    def document(self, role):
        got = self.larder("infra", "policy", role)
        assert got.code == 0, got.err
        return json.loads(got.out)

    def infra(self, *words, code=0):
        return self.does("infra", *words, code=code)

    def does(self, *words, code=0):
        """Until nothing is refused: each action that was is told by the id of a refusal once, and the command failed."""
        while True:
            self.guard.refused = {}
            got = self.larder(*words, "--json")
            if not self.guard.refused:
                break
            assert self.guard.once and got.code not in (0, 10), (self.guard.refused, got.code, got.err[-3000:])
            told = {what for identity, what in self.guard.refused.items() if identity in got.out + got.err}
            assert told, (words, self.guard.refused, got.out[-3000:], got.err[-3000:])
            self.told |= told
            self.guard.first -= set(self.guard.refused.values()) - told          # of what was skipped for another's sake: again
        assert got.code == code, (words, got.code, got.out[-3000:], got.err[-3000:])
        return got

    def database(self):
        self.rds.create_db_instance(DBInstanceIdentifier="pingvas-studio", DBInstanceClass="db.t3.micro", Engine="postgres", AllocatedStorage=20, MasterUsername="u", MasterUserPassword="password1")
        for one in self.rds.describe_db_snapshots()["DBSnapshots"]:
            self.rds.delete_db_snapshot(DBSnapshotIdentifier=one["DBSnapshotIdentifier"])

    def drift(self):
        """What only a change asks for: throughput, a rule and the peers of the group, the groups of a target, who may take a role and what else it may, a comment, a selection, a plan;
        and a control is left of when it was one that read."""
        system = self.efs.describe_file_systems(CreationToken=TOKEN)["FileSystems"][0]["FileSystemId"]
        self.efs.update_file_system(FileSystemId=system, ThroughputMode="elastic")
        group = [one["GroupId"] for one in self.ec2.describe_security_groups()["SecurityGroups"] if one["GroupName"] == "efs-models-sg"][0]
        self.ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[{"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "UserIdGroupPairs": [{"GroupId": self.nodes}]}])
        self.ec2.revoke_security_group_egress(GroupId=group, IpPermissions=[{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}])
        target = self.efs.describe_mount_targets(FileSystemId=system)["MountTargets"][0]["MountTargetId"]
        self.efs.modify_mount_target_security_groups(MountTargetId=target, SecurityGroups=[self.nodes])
        self.efs.tag_resource(ResourceId=system, Tags=[{"Key": "Name", "Value": "drifted"}])
        self.iam.update_assume_role_policy(RoleName="larder-copies-" + IMAGES, PolicyDocument=OTHERS)
        self.rights = self.iam.create_policy(PolicyName="theirs", PolicyDocument=RIGHTS)["Policy"]["Arn"]
        self.iam.attach_role_policy(RoleName="larder-copies-" + IMAGES, PolicyArn=self.rights)
        for one in self.cdn.identities.values():
            one["config"]["Comment"] = "drifted"
            self.cdn.CreateOriginAccessControl({"Name": one["config"]["CallerReference"], "SigningProtocol": "sigv4", "SigningBehavior": "always", "OriginAccessControlOriginType": "s3"})
        for one in self.backup.plans.values():
            one["plan"]["Rules"][0]["ScheduleExpression"] = "cron(0 3 * * ? *)"
            for selection in one["selections"].values():
                selection["Resources"].append("arn:aws:s3:::elsewhere")

    def life(self):
        """All that an operator does with it, from nothing to nothing."""
        self.database()
        self.infra("plan")
        self.infra("apply")
        self.drift()
        self.infra("apply")
        self.iam.delete_policy(PolicyArn=self.rights)
        self.infra("plan", "--detailed-exitcode")
        self.infra("show")
        self.does("cdn", "invalidate", "--wait", "images:a.png")
        self.does("backup", "start", "models", "model-cache", "--wait")
        self.does("backup", "ls")
        self.does("backup", "restore", "models", next(iter(self.backup.points)), "--wait")
        self.does("backup", "status")
        self.does("database", "restore", "postgresql", "--at", time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - 3600)), "--to", "restored", "--wait")
        self.rds.create_db_snapshot(DBInstanceIdentifier="pingvas-studio", DBSnapshotIdentifier="by-hand")
        self.does("database", "snapshots")
        self.does("database", "copy", "postgresql", "by-hand", "--to", "kept", "--wait")
        self.rds.delete_db_instance(DBInstanceIdentifier="restored", SkipFinalSnapshot=True)
        self.infra(*DESTROY)
        assert self.s3.list_buckets()["Buckets"] == [] and self.cdn.distributions == {} and self.backup.plans == {}
        assert self.iam.list_roles()["Roles"] == [] and self.efs.describe_file_systems()["FileSystems"] == []


def test_live_policy_operator_asks_for_what_it_has():
    """all pass, and each action and each resource of the document let something by."""
    w = World()
    w.guard.policy(w.document("operator"))
    w.life()
    assert w.guard.unused() == [], w.guard.unused()


def test_live_policy_operator_refused_in_turn():
    w = World()
    w.guard.policy(w.document("operator"), once=True)
    w.life()
    untold = {action for one in w.guard.document["Statement"] for action in one["Action"]} - w.told
    assert untold == set(), untold


def test_live_policy_operator_from_one_way_to_read_to_the_other():
    """A distribution of a control becomes one of an identity, and back: under each document what it asks for."""
    w = World()
    oai, identities = w.document("operator"), ("origin-access = oai", "origin-access = oac")
    w.guard.policy(oai)
    w.database()
    w.infra("apply")
    change(w.config, identities)
    try:
        w.guard.policy(w.document("operator"))
        w.infra("apply")
        for one in w.cdn.controls.values():
            one["config"]["Description"] = "drifted"
        w.infra("apply")
        w.infra(*DESTROY)
        assert w.cdn.controls == w.cdn.identities == {}
        asked = {action for _, action, _ in w.guard.asked}
        assert {"cloudfront:%sOriginAccessControl" % what for what in ("Create", "Get", "Update", "Delete")} <= asked and "cloudfront:DeleteCloudFrontOriginAccessIdentity" in asked, asked
    finally:
        change(w.config, identities[::-1])


# ---- objects

def lay_out(w):
    """Buckets, and a tree with a file of many parts and a picture."""
    for bucket in ("images", "uploads", "models", "backups", "images-replica-tokyo"):
        w.s3.create_bucket(Bucket="pingvas-studio-" + bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
        w.s3.put_bucket_versioning(Bucket="pingvas-studio-" + bucket, VersioningConfiguration={"Status": "Enabled"})
    w.s3.put_object(Bucket="pingvas-studio-models", Key="sdxl/m.safetensors", Body=b"model")
    tree = os.path.join(w.home, "tree")
    write(os.path.join(tree, "big"), os.urandom(30 << 20))
    write(os.path.join(w.home, "picture.png"), png((9, 9, 9)))
    return tree


def put_versions(w):
    w.s3.put_object(Bucket=IMAGES, Key="again", Body=b"first", Tagging="a=b")
    version = w.s3.list_object_versions(Bucket=IMAGES, Prefix="again")["Versions"][0]["VersionId"]
    w.s3.put_object(Bucket=IMAGES, Key="again", Body=b"second", Tagging="c=d")
    return version


def reads(w, tree):
    """(command, exit status) of a reader, in turn."""
    back, version = tempfile.mkdtemp(dir=w.home), put_versions(w)
    yield ("ls", "-r", "images:"), 0
    yield ("get", "images:again", back), 0
    yield ("sync", "images:", os.path.join(back, "tree")), 0
    yield ("versions", "images:again"), 0
    yield ("cat", "--version", version, "images:again"), 0


def works(w, tree):
    """(command, exit status) of a worker, in turn: puts that end before their time or whose upload was opened unheard, gone on with and given up; a tree up and down; a picture; a model; copies of what has tags."""
    version, job = put_versions(w), "j%d" % len(os.listdir(w.home))
    state, big = os.path.join(w.home, "state" + job), os.path.join(tree, "big")
    yield from reads(w, tree)
    for name, end in (("resumed", ("resume",)), ("given-up", ("gc", "--older-than", "0s"))):
        yield ("put", big, "uploads:%s-%s" % (name, job), "--bandwidth", "10MB/s", "--deadline", "1s", "--state", state), 8
        yield ("transfer", *end, "--state", state), 0
    yield ("put", big, "uploads:lost-" + job, "--state", state), 8
    yield ("transfer", "gc", "--older-than", "0s", "--state", state), 0, clock.off(3700)
    yield ("sync", "--delete", tree, "uploads:tree/"), 0
    w.s3.put_object(Bucket="pingvas-studio-uploads", Key="tree/more", Body=b"x")
    yield ("sync", "--delete", tree, "uploads:tree/"), 0
    yield ("cp", "images:again", "uploads:again"), 0
    yield ("cp", "--version", version, "images:again", "uploads:older"), 0
    yield ("image", "ingest", os.path.join(w.home, "picture.png"), "--user", "u", "--job", job), 0
    yield ("model", "load", "m", "--base", "sdxl", "--revalidate"), 0
    for store, bucket in (("backups", BACKUPS), ("images", IMAGES)):     # written so, and moved there by a rule
        w.s3.put_object(Bucket=bucket, Key="cold", Body=b"x", StorageClass="GLACIER")
        for code in (9, 0):                                             # asked for, and seen to be there
            yield ("archive", "restore", store + ":cold", "--state", state), code


def without(document, action):
    left = json.loads(json.dumps(document))
    for one in left["Statement"]:
        one["Action"] = [name for name in one["Action"] if name != action]
    return left


def fails(w, commands, tree):
    """Those that end otherwise than they should."""
    found = []
    for words, code, *env in commands(w, tree):
        got = larder(*words, env={**w.env, **dict(*env)})
        if got.code != code:
            found.append((words, got.code, got.err[-1500:]))
    return found


def in_turn(role, commands):
    w = World()
    tree, document = lay_out(w), w.document(role)
    w.guard.policy(document)
    failed = fails(w, commands, tree)
    assert failed == [], (failed, w.guard.refused)
    buckets = {one for one in w.guard.unused() if one[1].startswith("arn:")}
    assert set(w.guard.unused()) == buckets, w.guard.unused()         # not every bucket is met, but each action
    for action in sorted({action for one in document["Statement"] for action in one["Action"]}):
        w.guard.policy(without(document, action))
        assert fails(w, commands, tree), "%s does without %s" % (role, action)


def test_live_policy_worker_each_action_is_needed():
    in_turn("worker", works)


def test_live_policy_reader_each_action_is_needed():
    in_turn("reader", reads)


def test_live_policy_by_another_judge():
    """moto's own IAM, with signatures looked at: a user who has the document and no more does all that his role does; a reader does not write."""
    w = World()
    tree = lay_out(w)
    documents = {role: w.document(role) for role in ("worker", "reader")}
    documents["admin"] = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": ["*"], "Resource": ["*"]}]}
    keys = {}
    for role, document in documents.items():
        w.iam.create_user(UserName=role)
        arn = w.iam.create_policy(PolicyName=role, PolicyDocument=json.dumps(document))["Policy"]["Arn"]
        w.iam.attach_user_policy(UserName=role, PolicyArn=arn)
        key = w.iam.create_access_key(UserName=role)["AccessKey"]
        keys[role] = key["AccessKeyId"], key["SecretAccessKey"]
    urllib.request.urlopen(urllib.request.Request(w.server.endpoint + "/moto-api/reset-auth", data=b"0", headers={"content-type": "text/plain"})).close()
    w.server.access_key, w.server.secret_key = keys["admin"]
    w.s3 = w.server.client("s3", region_name=REGION)
    for role, commands in (("reader", reads), ("worker", works)):
        w.env["AWS_ACCESS_KEY_ID"], w.env["AWS_SECRET_ACCESS_KEY"] = keys[role]
        failed = fails(w, commands, tree)
        assert failed == [], (role, failed)
        assert w.larder("put", os.path.join(tree, "big"), "images:x-" + role).code == (0 if role == "worker" else 4)
        assert w.larder("rm", "images:again").code == (0 if role == "worker" else 4)


if __name__ == "__main__":
    run(sys.modules["__main__"])
