"""moto_keeping.py: moto's server, where a lifecycle and a replication come back as they were put. moto loses conditions by size,
NewerNoncurrentVersions and x-amz-transition-default-minimum-object-size, and tells of any replication that it copies all and no delete marker. Configurations of
Intelligent-Tiering, which it has not, are kept by their ids. Of EFS it has no UpdateFileSystem,
PutBackupPolicy and DeleteFileSystemPolicy, and makes an access point anew for each asking. A database that it restores has all that its source has, at once; here, as at RDS,
defaults for what the request does not name, one day of retention always, and it is being made for as long as it was asked for twice.
Started by servers.py in the interpreter that has moto."""
import datetime
import io
import json
import sys
import urllib.parse

from moto import backends
from moto.core.exceptions import JsonRESTError
from moto.efs.responses import EFSResponse
from moto.moto_server.werkzeug_app import DomainDispatcherApplication
from moto.rds.models import DBInstanceAutomatedBackup, RDSBackend
from moto.rds.responses import RDSResponse
from moto.s3.models import s3_backends
from moto.server import main

LEAST = "x-amz-transition-default-minimum-object-size"
kept = {}
plain = DomainDispatcherApplication.__call__


def is_kept(environ):
    names = urllib.parse.parse_qs(environ.get("QUERY_STRING", ""), keep_blank_values=True)
    return environ["REQUEST_METHOD"] in ("GET", "PUT") and ("lifecycle" in names or "replication" in names)


def with_tiers(environ, start_response, name):
    """moto has no configurations of Intelligent-Tiering: a PUT of one does nothing, a GET lists objects, and a DELETE removes the bucket. Here each is kept by its id."""
    bucket, method = environ["PATH_INFO"].strip("/"), environ["REQUEST_METHOD"]
    given, path = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0)), (bucket, "tiers", name)
    there = any(bucket in backend.buckets for account in s3_backends.values() for backend in account.values())
    code = "NoSuchBucket" if not there else "NoSuchConfiguration" if method != "PUT" and path not in kept else None
    body = b"<Error><Code>%s</Code></Error>" % code.encode() if code else kept[path] if method == "GET" else b""
    if method == "PUT" and there:
        kept[path] = given
    if method == "DELETE" and not code:
        del kept[path]
    start_response("404 Not Found" if code else "204 No Content" if method == "DELETE" else "200 OK", [("content-type", "application/xml"), ("content-length", str(len(body)))])
    return [body]


def with_kept(self, environ, start_response):
    """What was put is put to moto, too, which looks whether it makes sense; its answer to a GET is 200 only while something is set."""
    names = urllib.parse.parse_qs(environ.get("QUERY_STRING", ""), keep_blank_values=True)
    if "intelligent-tiering" in names and environ["REQUEST_METHOD"] in ("GET", "PUT", "DELETE"):
        return with_tiers(environ, start_response, names["id"][0])
    if not is_kept(environ):
        return plain(self, environ, start_response)
    told, path = {}, (environ["PATH_INFO"].strip("/"), environ["QUERY_STRING"].rstrip("="))
    putting = environ["REQUEST_METHOD"] == "PUT"
    given = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0)) if putting else b""
    environ["wsgi.input"] = io.BytesIO(given)
    body = b"".join(plain(self, environ, lambda status, headers, *_: told.update(status=status, headers=headers)))
    if putting and told["status"].startswith("200"):
        kept[path] = given, environ.get("HTTP_" + LEAST.upper().replace("-", "_"), "all_storage_classes_128K")
    headers = told["headers"]
    if not putting and told["status"].startswith("200") and path in kept:
        body, least = kept[path]
        headers = [(name, least if name.lower() == LEAST else str(len(body)) if name.lower() == "content-length" else value) for name, value in headers]
    start_response(told["status"], headers)
    return [body]


def put_backup_policy(self):
    """moto has only the asking."""
    system = self.efs_backend.file_systems_by_id[self._get_param("FileSystemId")]
    system._backup = self._get_param("BackupPolicy")["Status"] == "ENABLED"
    return json.dumps({"BackupPolicy": self._get_param("BackupPolicy")})


def update_file_system(self):
    system = self.efs_backend.file_systems_by_id[self._get_param("FileSystemId")]
    system.throughput_mode = self._get_param("ThroughputMode")
    system.provisioned_throughput_in_mibps = self._get_param("ProvisionedThroughputInMibps")
    return json.dumps(system.info_json(), default=str)


def delete_file_system_policy(self):
    self.efs_backend.file_systems_by_id[self._get_param("FileSystemId")].file_system_policy = None
    return "{}"


made = EFSResponse.create_access_point


def create_access_point(self):
    """Asked again with the same token it is the same."""
    for point in self.efs_backend.access_points.values():
        if point.client_token == self._get_param("ClientToken"):
            raise JsonRESTError("AccessPointAlreadyExists", point.access_point_id)
    return made(self)


restored, described = RDSBackend.restore_db_instance_to_point_in_time, RDSResponse.describe_db_instances
RESET = {"db_parameter_group_name": None, "deletion_protection": False, "multi_az": False, "publicly_accessible": False, "copy_tags_to_snapshot": False, "auto_minor_version_upgrade": True,
         "enable_iam_database_authentication": False, "port": 5432, "tags": [], "enabled_cloudwatch_logs_exports": [], "vpc_security_group_ids": [], "monitoring_interval": 0,
         "monitoring_role_arn": None}
ALWAYS = {"backup_retention_period": 1, "preferred_backup_window": "10:00-10:30", "preferred_maintenance_window": "tue:05:00-tue:05:30"}


def restore_db_instance_to_point_in_time(self, source, target, overrides):
    given = {name.replace("enable_cloudwatch", "enabled_cloudwatch") for name in overrides}
    if overrides.get("option_group_name", "").startswith("default:"):        # the service's own, of which moto knows none
        del overrides["option_group_name"]
    instance = restored(self, source, target, {key: value for key, value in overrides.items() if key not in ALWAYS})
    for name, value in {**RESET, **ALWAYS}.items():
        if name in ALWAYS or name not in given:
            setattr(instance, name, value)
    instance.status, instance.looks = "creating", 2
    return instance


def describe_db_instances(self):
    answer = described(self)
    for instance in answer.result["DBInstances"]:
        if getattr(instance, "looks", 0):
            instance.looks -= 1
            instance.status = "creating" if instance.looks else "available"
    return answer


RDSBackend.restore_db_instance_to_point_in_time = restore_db_instance_to_point_in_time
RDSResponse.describe_db_instances = describe_db_instances
DBInstanceAutomatedBackup.restore_window = property(lambda self: {"EarliestTime": datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(days=1)})
for lacking in (create_access_point, put_backup_policy, update_file_system, delete_file_system_policy):
    setattr(EFSResponse, lacking.__name__, lacking)
services = tuple(backends.list_of_moto_modules())        # moto lists its own folder for each request
backends.list_of_moto_modules = lambda: services
DomainDispatcherApplication.__call__ = with_kept
main(sys.argv[1:])
