"""database_place.py: moto with a proxy in front of it that keeps what is asked, and a pipeline of one [database] of the driver rds.

    place = database_place.Place()
    done = place.run("plan"), place.tool("database", "restore", "d", …)      # with section = …, server = …, plan = rules of the proxy
    database_place.valid(place, place.bodies)                                # each is one that botocore's model of the service has
"""
import os
import subprocess
import tempfile
import urllib.parse
import urllib.request

import proxy
import servers
from scene import MODULES, TOOL, Done
from strategy_backup import DATABASE as NAME, instance, make_instance

SECTION = "instance = %s\nretention = 7d\nwindow = 03:00-04:00\nfinal-snapshot = %s-final-snapshot\nlogs = postgresql\n" % (NAME, NAME)
KEEP = {"method": "POST", "do": "keep"}


class Place:
    """moto, a proxy in front of it that keeps what is asked, and a pipeline of one database."""

    def __init__(self):
        self.server = servers.start("moto", keeping=True)
        self.client = self.server.client("rds")
        self.between = proxy.Proxy(self.server.endpoint)
        self.holder = tempfile.TemporaryDirectory(prefix="larder-database-")
        self.folder = self.holder.name

    @property
    def bodies(self):
        """The forms that were sent."""
        return [dict(urllib.parse.parse_qsl(record["body"].decode(), keep_blank_values=True)) for record in self.between.requests[self.begun:] if "body" in record]

    def write(self, section, server="moto"):
        os.makedirs(os.path.join(self.folder, "profiles"), exist_ok=True)
        with open(os.path.join(self.folder, "larder.ini"), "w") as file:
            file.write("[larder]\nenvironment = test\n[database \"d\"]\nbackend = database\n" + section)
        with open(os.path.join(self.folder, "profiles/p.ini"), "w") as file:
            file.write("[backend \"database\"]\ndriver = rds\nserver = %s\nendpoint = %s\nregion = us-east-1\n" % (server, self.between.endpoint))

    def run(self, *words, **more):
        return self.tool("infra", *words, **more)

    def tool(self, *words, **more):
        process = self.begin(*words, **more)
        out, err = process.communicate(timeout=120 * servers.SLOW)
        return Done(process.returncode, out, err)

    def begin(self, *words, section=SECTION, plan=(), env=None, **more):
        self.write(section, **more)
        self.between.plan([*plan, KEEP])
        self.begun = len(self.between.requests)
        return subprocess.Popen([TOOL, "--config", os.path.join(self.folder, "larder.ini"), "--profile", "p", "--json", *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                                env={**self.server.environment(self.between.endpoint), "LARDER_MODULE_DIR": MODULES, "LARDER_CONFIG": "", "LARDER_PROFILE": "", "TZ": "KST-9", **(env or {})})

    def clean(self):
        for one in self.client.describe_db_instances()["DBInstances"]:
            self.client.modify_db_instance(DBInstanceIdentifier=one["DBInstanceIdentifier"], DeletionProtection=False)
            self.client.delete_db_instance(DBInstanceIdentifier=one["DBInstanceIdentifier"], SkipFinalSnapshot=True)
        for one in self.client.describe_db_snapshots()["DBSnapshots"]:
            self.client.delete_db_snapshot(DBSnapshotIdentifier=one["DBSnapshotIdentifier"])

    def fresh(self, **more):
        self.clean()
        make_instance(self.client, **more)

    def described(self, name):
        """What the service answers of an instance, as it is."""
        request = urllib.request.Request(self.server.endpoint, b"Action=DescribeDBInstances&Version=2014-10-31&DBInstanceIdentifier=" + name.encode(), {
            "Authorization": "AWS4-HMAC-SHA256 Credential=a/20200101/us-east-1/rds/aws4_request, SignedHeaders=host, Signature=0"})
        with urllib.request.urlopen(request) as reply:
            return reply.read().decode()

    def facts(self):
        return instance(self.client)

    def there(self):
        return [one["DBInstanceIdentifier"] for one in self.client.describe_db_instances()["DBInstances"]]

    def snapshots(self):
        return [one["DBSnapshotIdentifier"] for one in self.client.describe_db_snapshots()["DBSnapshots"] if one["SnapshotType"] == "manual"]


REFUSED = "<ErrorResponse><Error><Code>%s</Code><Message>no</Message></Error><RequestId>r1</RequestId></ErrorResponse>"


def valid(place, bodies):
    """Each form is one that botocore's model of the service has."""
    model = place.client.meta.service_model
    for body in bodies:
        shape = model.operation_model(body["Action"]).input_shape
        assert body["Version"] == model.api_version, body
        for name, value in body.items():
            at = shape
            for part in name.split(".") if name not in ("Action", "Version") else []:
                if at.type_name == "structure":
                    assert part in at.members, (name, sorted(at.members))
                    at = at.members[part]
                else:
                    assert at.type_name == "list", name
                    at = at.member if part.isdigit() else at
            assert name in ("Action", "Version") or at.type_name in ("string", "integer", "boolean", "timestamp"), (name, at)
            assert at.type_name != "boolean" or value in ("true", "false"), (name, value)
        assert all(name in body for name in shape.required_members), body
