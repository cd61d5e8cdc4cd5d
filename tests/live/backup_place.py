"""backup_place.py: AWS Backup held against botocore's model, and a pipeline of one [backup] of the driver backup.

    place = backup_place.Place()
    done = place.run("plan"), place.run("start", "models", area=("backup",))      # with text = a pipeline, rules = what the service does wrong
"""
import copy
import os
import subprocess
import tempfile

import backup_service
import servers
from scene import MODULES, TOOL, Done

ARN = "arn:aws:elasticfilesystem:ap-northeast-2:123456789012:file-system/fs-1"
ROLE = "arn:aws:iam::123456789012:role/backup"
PIPELINE = """[larder]
environment = test
[backup "models"]
backend = backup
vault = main
plan = efs-models-daily-backup
rule = daily_backup
schedule = cron(0 2 * * ? *)
delete-after = 30d
selection = efs-models-selection
resources = %s
role = %s
accept = backups-in-one-region
""" % (ARN, ROLE)


class Place:
    def __init__(self):
        self.holder = tempfile.TemporaryDirectory(prefix="larder-backup-")
        self.folder = self.holder.name
        os.makedirs(os.path.join(self.folder, "profiles"))
        self.service = backup_service.Service()
        self.client = servers.boto3().client("backup", endpoint_url=self.service.endpoint, region_name="us-east-1", aws_access_key_id="a", aws_secret_access_key="b")

    def start(self, *words, area=("infra",), text=PIPELINE, server="moto", region="us-east-1"):
        with open(os.path.join(self.folder, "larder.ini"), "w") as file:
            file.write(text)
        with open(os.path.join(self.folder, "profiles/p.ini"), "w") as file:
            file.write("[backend \"backup\"]\ndriver = backup\nserver = %s\nendpoint = %s\nregion = %s\naccess-key = a\nsecret-key = b\n" % (server, self.service.endpoint, region))
        self.service.asked.clear()
        self.service.iam.asked.clear()
        self.service.counts.clear()
        env = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "LARDER_CONFIG", "LARDER_PROFILE"))}
        return subprocess.Popen([TOOL, "--config", os.path.join(self.folder, "larder.ini"), "--profile", "p", "--json", *area, *words], stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, text=True, env={**env, "LARDER_MODULE_DIR": MODULES, "no_proxy": "127.0.0.1"})

    def run(self, *words, rules=(), **more):
        self.service.rules[:] = rules
        process = self.start(*words, **more)
        out, err = process.communicate(timeout=120 * servers.SLOW)
        self.service.rules.clear()
        assert self.service.wrong + self.service.iam.wrong == [], (self.service.wrong, self.service.iam.wrong)
        return Done(process.returncode, out, err)

    def fresh(self):
        self.service.plans.clear()
        self.service.iam.roles.clear()
        self.service.vaults.clear()
        self.service.vaults["Default"] = {}
        for kept in (self.service.jobs, self.service.restores, self.service.points):
            kept.clear()
        self.service.progress, self.service.fails = 2, None
        self.service.wrong.clear()

    def wrote(self):
        return [name for name in [name for name, _ in self.service.asked] + self.service.iam.asked if not name.startswith(("Get", "List"))]

    def state(self):
        """Plans and selections by name, without ids and what the service adds."""
        found = []
        for one in self.service.plans.values():
            plan = copy.deepcopy(one["plan"])
            for rule in plan["Rules"]:
                rule.pop("RuleId", None)
            found.append((plan, sorted(copy.deepcopy(list(one["selections"].values())), key=lambda each: each["SelectionName"])))
        return found
