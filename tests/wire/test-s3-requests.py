#!/usr/bin/env python3
"""Requests of the s3 driver against golden lines, against botocore's service model, and against what the servers do.

s3-requests prints each request for each row of the capability table. `test-s3-requests.py write` makes the golden lines anew,
and only if every request passes the model: botocore takes it apart by the input shape of its operation, and what its
serializer makes of the parts must be the request again."""
import json
import os
import subprocess
import sys
import urllib.parse
import xml.etree.ElementTree as etree

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "lib"))
import servers  # noqa: E402
import tap  # noqa: E402

GOLDEN = os.path.join(HERE, "s3", "requests.json")
BUILD = os.environ.get("TOP_BUILDDIR", ".")
NAMESPACE = "{http://s3.amazonaws.com/doc/2006-03-01/}"


def printed():
    return subprocess.run([os.path.join(BUILD, "tests", "wire", "s3-requests")], check=True, stdout=subprocess.PIPE).stdout.decode()


REQUESTS = [json.loads(line) for line in printed().splitlines()]
SENT = [r for r in REQUESTS if "method" in r]


def name_of(request):
    return "%s, %s, %s" % (request["operation"], request["case"], request["server"])


def one(operation, case, server):
    found = [r for r in REQUESTS if (r["operation"], r["case"], r["server"]) == (operation, case, server)]
    assert len(found) == 1, (operation, case, server)
    return found[0]


def header(request, name):
    return dict(request["headers"]).get(name)


# ---- the model

def model():
    servers.boto3()
    import botocore.session
    return botocore.session.get_session().get_service_model("s3")


def value_of(shape, text):
    if shape.type_name in ("integer", "long"):
        return int(text)
    if shape.type_name == "boolean":
        return {"true": True, "false": False}[text]
    return text


def from_xml(shape, element):
    """An element by its shape; whatever the shape does not know is a KeyError."""
    if shape.type_name != "structure":
        return value_of(shape, element.text or "")
    by_name = {member.serialization.get("name", name): (name, member) for name, member in shape.members.items()}
    result = {}
    for child in element:
        assert child.tag.startswith(NAMESPACE), child.tag
        name, member = by_name[child.tag[len(NAMESPACE):]]
        if member.type_name != "list":
            result[name] = from_xml(member, child)
        elif member.serialization.get("flattened"):
            result.setdefault(name, []).append(from_xml(member.member, child))
        else:
            result[name] = [from_xml(member.member, item) for item in child]
    return result


def literal_query(operation):
    query = urllib.parse.urlsplit(operation.http["requestUri"]).query
    return dict(urllib.parse.parse_qsl(query, keep_blank_values=True))


def parts_of(operation, request):
    """The request as parameters of the operation, or None when it cannot be one of it."""
    uri = operation.http["requestUri"]
    has_key = request["path"] != "/"
    query, headers = dict(request["query"]), dict(request["headers"])
    if operation.http["method"] != request["method"] or has_key != ("{Key+}" in uri) or ("{Bucket}" in uri) != ("bucket" in request):
        return None
    for name, value in literal_query(operation).items():
        if query.pop(name, None) != value:
            return None
    params, body, shape = {"Bucket": request["bucket"]} if "bucket" in request else {}, request.get("body"), operation.input_shape
    if has_key:
        params["Key"] = urllib.parse.unquote(request["path"][1:])
    for name, member in shape.members.items():
        where, wire = member.serialization.get("location"), member.serialization.get("name", name)
        if where == "querystring" and wire in query:
            params[name] = value_of(member, query.pop(wire))
        elif where == "header" and wire.lower() in headers:
            params[name] = value_of(member, headers.pop(wire.lower()))
        elif where == "headers":
            params[name] = {k[len(wire):]: headers.pop(k) for k in list(headers) if k.startswith(wire)}
            if not params[name]:
                del params[name]
    # a checksum of the body is a header that some operations have no member for: botocore adds it after serializing
    if operation.http_checksum.get("requestAlgorithmMember"):
        for extra in [k for k in headers if k.startswith("x-amz-checksum-") and k != "x-amz-checksum-type"]:
            headers.pop(extra)
    payload = shape.serialization.get("payload")
    if query or headers or (body is not None and (not payload or shape.members[payload].type_name not in ("structure", "string"))):
        return None
    if body is not None and shape.members[payload].type_name == "string":
        params[payload], body = body, None
    if body is not None:
        root = etree.fromstring(body)
        assert root.tag == NAMESPACE + shape.members[payload].serialization.get("name", payload), root.tag
        params[payload] = from_xml(shape.members[payload], root)
    return None if [n for n in shape.required_members if n not in params] else params


def tree(element):
    return (element.tag, (element.text or ""), sorted((tree(child) for child in element), key=lambda child: child[0]))


def check_model(service, request):
    fits = [(name, parts_of(service.operation_model(name), request)) for name in service.operation_names if not service.operation_model(name).deprecated]
    fits = [(name, params) for name, params in fits if params is not None]
    assert [name for name, _ in fits] == [request["operation"]], "it is %s" % [name for name, _ in fits]
    import botocore.serialize
    import botocore.validate
    operation, params = service.operation_model(fits[0][0]), fits[0][1]
    report = botocore.validate.ParamValidator().validate(params, operation.input_shape)
    assert not report.has_errors(), report.generate_report()
    made = botocore.serialize.create_serializer("rest-xml").serialize_to_request(params, operation)
    want_path = "/%s%s" % (request.get("bucket", ""), request["path"] if request["path"] != "/" else "")
    assert made["method"] == request["method"] and made["url_path"].split("?")[0] == want_path, (made["url_path"], want_path)
    query = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(made["url_path"]).query, keep_blank_values=True))
    query.update({name: str(value) for name, value in made["query_string"].items()})
    assert query == dict(request["query"]), (query, request["query"])
    headers = {name.lower(): str(value) for name, value in made["headers"].items() if name.lower() != "content-type" or "ContentType" in params}
    ours = {k: v for k, v in request["headers"] if k in headers or not k.startswith("x-amz-checksum-")}
    assert headers == ours, (headers, ours)
    if request.get("body", "").startswith("{"):
        assert json.loads(made["body"]) == json.loads(request["body"]), made["body"]
    elif request.get("body") is not None:
        body = made["body"].replace(b"\r", b"&#xD;").replace(b"\n", b"&#xA;")      # as botocore does before it sends
        assert tree(etree.fromstring(body)) == tree(etree.fromstring(request["body"])), made["body"]


def test_wire_s3_requests_pass_the_service_model():
    service, wrong = model(), []
    for request in SENT:
        try:
            check_model(service, request)
        except Exception as error:  # each request's own
            wrong.append("%s: %s: %s" % (name_of(request), type(error).__name__, error))
    assert not wrong, "%d of %d:\n%s" % (len(wrong), len(SENT), "\n".join(wrong[:8]))
    assert len(SENT) > 250, len(SENT)


def test_wire_s3_requests_every_operation_is_sent_to_aws():
    missing = {r["operation"] for r in REQUESTS} - NEVER - {r["operation"] for r in SENT if r["server"] == "aws"}
    assert not missing, missing


def test_wire_s3_requests_are_the_golden_ones():
    with open(GOLDEN, encoding="utf-8") as file:
        want, have = file.read().splitlines(), printed().splitlines()
    for line, (one_line, other) in enumerate(zip(want, have), 1):
        assert one_line == other, "line %d\nwant %s\nhave %s" % (line, one_line, other)
    assert len(want) == len(have), (len(want), len(have))


# ---- body checksums

def test_wire_s3_requests_bodies_carry_their_checksum():
    servers.boto3()
    import base64
    from awscrt import checksums
    count = 0
    for request in SENT:
        if request["operation"] in ("DeleteObjects", "PutObjectTagging", "RestoreObject") and request["server"] != "ceph":
            value = checksums.crc64nvme(request["body"].encode()).to_bytes(8, "big")
            assert header(request, "x-amz-checksum-crc64nvme") == base64.b64encode(value).decode(), name_of(request)
            count += 1
    assert count > 10, count


# ---- what the servers do

def test_wire_s3_requests_other_gets_nothing_optional():
    """A server of unknown make: the plain verbs, listings and parts; no conditions on writes, no checksums, no sub-resources."""
    queries = {"list-type", "encoding-type", "prefix", "delimiter", "start-after", "continuation-token", "max-keys", "uploads", "uploadId",
               "partNumber", "part-number-marker"}
    headers = {"content-type", "content-encoding", "cache-control", "content-disposition", "range", "if-match", "x-amz-copy-source",
               "x-amz-metadata-directive", "x-amz-copy-source-range"}
    for request in SENT:
        if request["server"] == "other":
            assert {name for name, _ in request["query"]} <= queries, name_of(request)
            extra = {name for name, _ in request["headers"] if not name.startswith("x-amz-meta-")} - headers
            assert not extra, (name_of(request), extra)
            assert request["method"] == "GET" or not header(request, "if-match"), name_of(request)


# Settings that are changed and never removed, and the only ones that are: those that no server takes for the bucket.
NEVER = {"DeleteBucketOwnershipControls", "DeletePublicAccessBlock", "DeleteBucketEncryption", "DeleteBucketVersioning",
         "DeleteBucketIntelligentTieringConfiguration"}
REMOVED = {"tagging", "lifecycle", "cors", "policy", "replication"}
SETTINGS = REMOVED | {"versioning", "encryption", "publicAccessBlock", "ownershipControls", "intelligent-tiering"}


def test_wire_s3_requests_delete_names_an_object_or_an_upload():
    """c-dangers 1 and 4: no DELETE goes to a bucket but its own removal and that of settings, none with a sub-resource that servers take for the thing itself."""
    deletes = [r for r in SENT if r["method"] == "DELETE"]
    assert deletes and not [r for r in SENT if r["operation"] in NEVER]
    for request in deletes:
        if request["path"] == "/":
            names = {name for name, _ in request["query"]}
            assert names <= REMOVED and bool(names) == (request["operation"] != "DeleteBucket"), name_of(request)
            continue
        assert len(request["path"]) > 1, name_of(request)
        assert {name for name, _ in request["query"]} <= {"versionId", "uploadId"}, name_of(request)
        assert all(value for _, value in request["query"]), name_of(request)


def test_wire_s3_requests_put_sub_resources_are_known_to_the_server():
    """Dangers 2 and 3: PUT with a sub-resource that a server does not know makes a bucket or overwrites the object."""
    for request in SENT:
        if request["method"] == "PUT":
            names = {name for name, _ in request["query"]}
            if request["path"] == "/":
                assert "id" not in names or names == {"intelligent-tiering", "id"} and request["server"] == "aws", name_of(request)
                assert names - {"id"} <= SETTINGS and not (names and request["server"] == "other"), name_of(request)
                continue
            assert names <= {"partNumber", "uploadId", "tagging", "versionId"}, name_of(request)
            assert "tagging" not in names or request["server"] in ("aws", "minio", "versitygw", "moto", "ceph"), name_of(request)


def test_wire_s3_requests_ignored_conditions_are_refused():
    """Danger 6: a condition goes only to a server that heeds it."""
    for operation, case, yes in (
            ("PutObject", "create only", {"aws", "minio", "versitygw", "moto"}),
            ("PutObject", "if match", {"aws", "minio", "versitygw", "moto"}),
            ("CompleteMultipartUpload", "create only", {"aws", "minio", "versitygw", "moto"}),
            ("CompleteMultipartUpload", "if match", {"aws", "minio", "versitygw"}),
            ("CopyObject", "create only", {"aws"}), ("CopyObject", "if match", {"aws", "minio", "versitygw"}),
            ("UploadPartCopy", "range", {"aws", "minio", "versitygw"}),
            ("DeleteObject", "if match", {"aws", "versitygw", "moto"})):
        for server in ("aws", "minio", "versitygw", "ceph", "moto", "other"):
            request = one(operation, case, server)
            if server in yes:
                names = {name for name, _ in request["headers"]}
                assert names & {"if-match", "if-none-match", "x-amz-copy-source-if-match"}, name_of(request)
            else:
                assert request["code"] == -2 and request["next"], request
    assert not [r for r in SENT if r["operation"] == "DeleteObjects" and "<ETag>" in r["body"]]


def test_wire_s3_requests_classes_and_encryption_are_never_taken_in_silence():
    """Danger 7: what versitygw would store in clear, or as STANDARD, is not sent."""
    for case in ("class", "encryption", "kms"):
        for server, code in (("aws", None), ("moto", None), ("minio", -2), ("versitygw", -2), ("ceph", -2), ("other", -2)):
            assert one("PutObject", case, server).get("code") == code, (case, server)
    assert "does nothing about it" in one("PutObject", "class", "versitygw")["message"]
    assert header(one("PutObject", "class STANDARD", "minio"), "x-amz-storage-class") is None


def test_wire_s3_requests_no_vendor_extension_is_sent():
    """Danger 12: x-minio-force-delete and its kin."""
    for request in SENT:
        for name, _ in request["headers"]:
            assert not name.startswith("x-minio"), name_of(request)


def test_wire_s3_requests_listings_ask_for_url_encoding():
    for request in SENT:
        if request["operation"] in ("ListObjectsV2", "ListObjectVersions", "ListMultipartUploads"):
            assert ["encoding-type", "url"] in request["query"], name_of(request)


def test_wire_s3_requests_checksums_as_the_row_says():
    for server, kind, twice in (("aws", "crc64nvme", False), ("minio", "crc64nvme", False), ("versitygw", "crc64nvme", False),
                                ("moto", "crc64nvme", True), ("ceph", None, False), ("other", None, False)):
        sums = [name for name, _ in one("PutObject", "odd key", server)["headers"] if name.startswith("x-amz-checksum-")]
        assert sums == (["x-amz-checksum-" + kind] if kind else []), (server, sums)
        assert (header(one("PutObject", "odd key", server), "x-amz-sdk-checksum-algorithm") == "CRC64NVME") == twice, server
    for server in ("moto", "ceph", "other"):      # wrong or unknown for a whole upload: none is asked for
        for operation, case in (("CreateMultipartUpload", "all attributes"), ("UploadPart", "first"), ("CompleteMultipartUpload", "plain")):
            request = one(operation, case, server)
            assert not [n for n, _ in request["headers"] if "checksum" in n] and "Checksum" not in request.get("body", ""), name_of(request)


def write():
    service = model()
    for request in SENT:
        check_model(service, request)
    with open(GOLDEN, "w", encoding="utf-8") as file:
        file.write(printed())


if sys.argv[1:] == ["write"]:
    write()
else:
    tap.run(sys.modules[__name__])
