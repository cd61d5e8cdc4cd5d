#!/usr/bin/env python3
"""Replies of S3 servers as the driver reads them: golden ones of real servers (s3/replies.json), published ones where LARDER_VECTORS
names them, and made ones; botocore's own parser is the oracle."""
import base64
import datetime
import email.header
import json
import os
import random
import subprocess
import sys
import urllib.parse
from xml.sax.saxutils import escape

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "lib"))
import servers  # noqa: E402
import tap  # noqa: E402

BUILD = os.environ.get("TOP_BUILDDIR", ".")
VECTORS = os.environ.get("LARDER_VECTORS")
with open(os.path.join(HERE, "s3", "replies.json"), encoding="ascii") as golden:
    GOLDEN = [json.loads(line) for line in golden]
KINDS = {1: "ChecksumCRC32", 2: "ChecksumCRC32C", 3: "ChecksumCRC64NVME", 4: "ChecksumSHA1", 5: "ChecksumSHA256"}
TRUST = (3, 2, 5, 1, 4)                            # of several the driver takes the first of these


def name_of(reply):
    return "%s, %s, %s" % (reply["server"], reply["operation"], reply["case"])


def program(replies, *arguments):
    text = "".join(json.dumps(reply) + "\n" for reply in replies)
    done = subprocess.run([os.path.join(BUILD, "tests", "wire", "s3-replies"), *arguments], input=text.encode(), stdout=subprocess.PIPE, check=True)
    return done.stdout.decode()


def read(replies):
    lines = program(replies).split("\n")[:-1]
    assert len(lines) == len(replies)
    return [json.loads(line) for line in lines]


def test_wire_s3_replies_are_read_as_before():
    for reply, result in zip(GOLDEN, read(GOLDEN)):
        assert reply["result"] == result, "%s\nwant %s\nhave %s" % (name_of(reply), reply["result"], result)


def test_wire_s3_replies_cover_every_server():
    for server in ("aws", "minio", "versitygw", "moto"):
        operations = {reply["operation"] for reply in GOLDEN if reply["server"] == server and "code" not in reply["result"]}
        assert {"ListObjectsV2", "ListObjectVersions", "DeleteObjects", "CompleteMultipartUpload", "HeadObject"} <= operations, (server, operations)
    for server in ("minio", "versitygw", "moto"):
        wrong = [name_of(reply) for reply in GOLDEN if reply["server"] == server and "code" in reply["result"]]
        assert not wrong, wrong


# ---- the oracle

def nanoseconds(time):
    if isinstance(time, str):
        time = datetime.datetime.fromisoformat(time.replace("Z", "+00:00"))
    return int((time - datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)) / datetime.timedelta(microseconds=1)) * 1000


def micro(time):
    return time // 1000 * 1000


def bare(etag):
    return etag.strip('"') if etag else None


def key_of(item):
    return base64.b64decode(item["key_b64"]) if "key_b64" in item else item["key"].encode()


def fact(item, **more):
    result = dict(key=item["Key"].encode(), etag=bare(item.get("ETag")), version=item.get("VersionId"), latest=item.get("IsLatest"),
                  mtime=nanoseconds(item["LastModified"]), length=item.get("Size"))
    return dict(result, **more)


def time_of_id(version):
    """The milliseconds that a ULID begins with, in ns."""
    number = 0
    for letter in version[:10]:
        number = number * 32 + "0123456789ABCDEFGHJKMNPQRSTVWXYZ".index(letter)
    return number * 10**6


def same_list(parsed, result, versions, server):
    """Byte order of keys; within a key the latest first and else as they came. On versitygw ids tell the time."""
    for item in parsed.get("Versions", []) + parsed.get("DeleteMarkers", []) if server == "versitygw" else []:
        if item["VersionId"] != "null":
            moment = datetime.timedelta(microseconds=time_of_id(item["VersionId"]) // 1000)
            item["LastModified"] = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc) + moment
    want = [fact(item, marker=False) for item in parsed.get("Versions" if versions else "Contents", [])]
    markers = [fact(item, marker=True, etag=None, length=0) for item in parsed.get("DeleteMarkers", [])]
    want += markers + [{"key": item["Prefix"].encode()} for item in parsed.get("CommonPrefixes", [])]
    have = []
    for item in result["items"]:
        flags = item.get("flags", 0)
        have.append({"key": key_of(item)} if flags & 4 else dict(
            key=key_of(item), etag=item.get("etag"), version=item.get("version"), latest=bool(flags & 1) if versions else None,
            mtime=micro(item["mtime"]), length=item["length"], marker=bool(flags & 2)))
    order = [item["key"] for item in have]
    assert order == sorted(order), order
    for at, item in enumerate(have):
        assert not item.get("latest") or at == 0 or have[at - 1]["key"] != item["key"] or "version" not in have[at - 1], item
    by_all = lambda item: (item["key"], str(sorted(item.items(), key=str)))
    assert sorted(want, key=by_all) == sorted(have, key=by_all), "want %s\nhave %s" % (want, have)
    assert result["complete"] == (not parsed["IsTruncated"])
    if parsed["IsTruncated"]:
        markers = [parsed["NextKeyMarker"], parsed["NextVersionIdMarker"]] if versions else [parsed["NextContinuationToken"], ""]
        have = [urllib.parse.unquote(part) for part in result["token"].split("&")]
        assert have[1:] == markers and (not order or have[0].encode() == order[-1]), (have, markers)


def same_uploads(parsed, result):
    want = [(item["Key"].encode(), item["UploadId"], nanoseconds(item["Initiated"])) for item in parsed.get("Uploads", [])]
    assert want == [(key_of(item), item["id"], item["started"]) for item in result["items"]], want
    assert result["complete"] == (not parsed["IsTruncated"])
    assert result["complete"] == ("token" not in result)


def same_parts(parsed, result):
    want = [(item["PartNumber"], item["Size"], bare(item["ETag"]), next((item[KINDS[kind]] for kind in TRUST if KINDS[kind] in item), None)) for item in parsed.get("Parts", [])]
    assert want == [(item["number"], item["length"], item["etag"], item.get("checksum")) for item in result["items"]], want
    assert result["next"] == (parsed["NextPartNumberMarker"] if parsed["IsTruncated"] else 0)


def same_removals(parsed, result, asked):
    gone = {(item["Key"], item.get("VersionId")): item for item in parsed.get("Deleted", [])}
    wrong = {(item["Key"], item.get("VersionId")): item["Code"] for item in parsed.get("Errors", [])}
    for item in result["items"]:
        question = asked[item["index"]]
        name = (question["key"], question.get("version"))
        if name in gone:
            assert item.get("code") is None and item["marker"] == gone[name].get("DeleteMarker", False), item
            assert item.get("version") == (gone[name].get("DeleteMarkerVersionId") or name[1]), item
        elif wrong.get(name) in ("NoSuchKey", "NoSuchVersion"):
            assert item.get("code") is None, item
        elif name in wrong:
            assert item["code"] < 0 and item["provider"] == wrong[name], item
        else:
            assert item["code"] == -9, item
    assert [item["index"] for item in result["items"]] == list(range(len(asked)))


def decoded(value):
    if not (value.startswith("=?") and value.endswith("?=")):
        return value
    return "".join(part if isinstance(part, str) else part.decode(charset or "ascii") for part, charset in email.header.decode_header(value))


def same_facts(parsed, result, info, body):
    """info: of a whole object. body: what the body says; version and encryption are in the headers, read apart."""
    checksum = KINDS.get(result.get("checksum_type"))
    assert result.get("etag") == bare(parsed.get("ETag")), parsed
    assert not checksum or parsed[checksum] == result["checksum"], parsed
    assert checksum or not any(parsed.get(name) for name in KINDS.values()) or parsed.get("ContentRange"), parsed
    if not body:
        assert result.get("version") == parsed.get("VersionId"), parsed
        assert result.get("encryption") == parsed.get("ServerSideEncryption"), parsed
    if not info:
        return
    assert result["count"] == parsed["ContentLength"] and micro(result["mtime"]) == nanoseconds(parsed["LastModified"])
    whole = parsed["ContentRange"].split("/")[1] if "ContentRange" in parsed else parsed["ContentLength"]
    assert result["length"] == int(whole)
    for mine, theirs in (("content_type", "ContentType"), ("cache_control", "CacheControl"), ("content_disposition", "ContentDisposition"),
                         ("replication", "ReplicationStatus")):
        assert result.get(mine) == parsed.get(theirs), (mine, parsed)
    assert result["class"] == parsed.get("StorageClass", "STANDARD"), parsed
    assert dict(result.get("metadata", [])) == {name: decoded(value) for name, value in parsed.get("Metadata", {}).items()}, parsed


def same(parsed, reply, result):
    operation = reply["operation"]
    if operation in ("ListObjectsV2", "ListObjectVersions"):
        same_list(parsed, result, operation == "ListObjectVersions", reply["server"])
    elif operation == "ListMultipartUploads":
        same_uploads(parsed, result)
    elif operation == "ListParts":
        same_parts(parsed, result)
    elif operation == "DeleteObjects":
        same_removals(parsed, result, reply["ask"]["items"])
    elif operation == "GetObjectTagging":
        assert result["tags"] == [[tag["Key"], tag["Value"]] for tag in parsed["TagSet"]], parsed
    elif operation == "GetBucketVersioning":
        assert result["status"] == parsed.get("Status", ""), parsed
    elif operation == "CreateMultipartUpload":
        assert result["id"] == parsed["UploadId"], parsed
    else:
        nested = parsed.get("CopyObjectResult") or parsed.get("CopyPartResult") or parsed
        same_facts(nested, result, operation in ("HeadObject", "GetObject"), "body" in reply)


def parser():
    servers.boto3()
    import botocore.handlers
    import botocore.parsers
    import botocore.session
    service = botocore.session.get_session().get_service_model("s3")
    decoders = {"ListObjectsV2": botocore.handlers.decode_list_object_v2, "ListObjectVersions": botocore.handlers.decode_list_object_versions}
    machine = botocore.parsers.create_parser("rest-xml")
    from botocore.compat import HTTPHeaders

    def parse(reply):
        shape = service.operation_model(reply["operation"]).output_shape
        body = reply.get("body", "").encode()
        if reply["operation"] == "GetObject":
            body = b""
        parsed = machine.parse({"status_code": reply["status"], "headers": HTTPHeaders.from_pairs(reply["headers"]), "body": body}, shape)
        if reply["operation"] in decoders:
            decoders[reply["operation"]](parsed, {"encoding_type_auto_set": True})
        if reply["operation"] == "ListMultipartUploads" and parsed.get("EncodingType") == "url":
            for item in parsed.get("Uploads", []):
                item["Key"] = urllib.parse.unquote_plus(item["Key"])
        return parsed
    return parse


def test_wire_s3_replies_agree_with_botocore():
    parse, count = parser(), 0
    for reply in GOLDEN:
        if "code" in reply["result"] or "start_after" in reply.get("ask", {}):
            continue
        try:
            same(parse(reply), reply, reply["result"])
        except Exception as error:
            raise AssertionError("%s: %s: %s" % (name_of(reply), type(error).__name__, error)) from error
        count += 1
    assert count > 120, count


# ---- half replies, changed replies

def test_wire_s3_replies_cut_short_are_never_whole():
    whole = [reply for reply in GOLDEN if "code" not in reply["result"]]
    assert program(whole, "cut") == ""


def test_wire_s3_replies_divided_anywhere_read_the_same():
    assert program(GOLDEN, "pieces") == ""


def test_wire_s3_replies_changed_at_random_do_no_harm():
    program(GOLDEN, "mutate", "300")


# ---- names

def listing(contents, encoding="", more=""):
    return {"server": "made", "operation": "ListObjectsV2", "case": "made", "status": 200, "headers": [], "body":
            "<ListBucketResult>%s%s<IsTruncated>false</IsTruncated>%s</ListBucketResult>" % (
                more, "".join("<Contents><Key>%s</Key><Size>1</Size><LastModified>2026-11-25T10:00:00Z</LastModified></Contents>" % key for key in contents), encoding)}


def test_wire_s3_replies_encoded_keys_of_any_bytes_come_back():
    """c-T05: every byte but NUL, in both ways of writing a blank, whether the encoding is said before the keys or after them."""
    chance = random.Random(7)
    keys = [bytes([byte]) for byte in range(1, 256)] + [bytes([byte]) * 2 + b"/x" for byte in range(1, 256)]
    keys += [bytes(chance.randrange(1, 256) for _ in range(chance.randrange(1, 40))) for _ in range(2000)]
    keys = sorted(set(keys))
    for quote in (urllib.parse.quote, urllib.parse.quote_plus):
        texts = [quote(key) for key in keys]
        chance.shuffle(texts)
        for reply in (listing(texts, "<EncodingType>url</EncodingType>"), listing(texts, "", "<EncodingType>url</EncodingType>")):
            items = read([reply])[0]["items"]
            assert [key_of(item) for item in items] == keys


def test_wire_s3_replies_keys_that_were_not_encoded_stay():
    """Danger 10: a server that ignores encoding-type=url: 'a+b' is no blank, 'a%41b' is no 'aAb'."""
    chance = random.Random(8)
    keys = ["a+b", "a%41b", "a b", "%", "%zz", "&amp;", "<x>", "\u00e4", "\U0001f600", " lead", "trail ", "tab\tx"]
    keys += ["".join(chance.choice("+%&<>'\"/ aA01\u00e4\u20ac") for _ in range(chance.randrange(1, 30))) for _ in range(500)]
    keys = sorted(set(keys), key=str.encode)
    for encoding in ("", "<EncodingType></EncodingType>"):
        items = read([listing([escape(key) for key in keys], encoding)])[0]["items"]
        assert [key_of(item).decode() for item in items] == keys


def test_wire_s3_replies_versions_and_markers_in_one_order():
    """Two versions, a marker, a version, a marker, and the one called null, as each server lists them: newest first."""
    ids = ["01M8FQ38W8369HNGZZCHBWB124", "01M8FQ3ABMD87EQAHEQ0AP2QVE", "01M8FQ3BTTBCFC9MGZ0PSYG7XF", "01M8FQ3DAFVV7YEQ7SVZGT6KH2", "01M8FQ3ESRKD4KS3302Z9BS848"]
    markers = {ids[2], ids[4]}

    def entry(version, second):
        kind = "DeleteMarker" if version in markers else "Version"
        return "<%s><Key>k</Key><VersionId>%s</VersionId><IsLatest>%s</IsLatest><LastModified>2026-11-25T10:00:%02dZ</LastModified>%s</%s>" % (
            kind, version, "true" if version == ids[4] else "false", second, "" if version in markers else "<Size>1</Size>", kind)

    def order(server, given, times=range(60)):
        body = "".join(entry(version, times[(["null"] + ids).index(version)]) for version in given)
        reply = {"server": server, "operation": "ListObjectVersions", "case": "made", "status": 200, "headers": [], "ask": {"versions": True},
                 "body": "<ListVersionsResult><IsTruncated>false</IsTruncated>%s</ListVersionsResult>" % body}
        items = read([reply])[0]["items"]
        return [item["version"] for item in items], [item["mtime"] for item in items]

    newest = ids[::-1] + ["null"]
    apart = [version for version in newest if version in markers] + [version for version in newest if version not in markers]
    for server, given, times in (("minio", newest, range(60)), ("aws", newest, [9, 8, 7, 6, 5, 4]), ("moto", apart[::-1], range(60)), ("versitygw", apart, [7] * 6)):
        assert order(server, given, times)[0] == newest, (server, order(server, given, times))
    assert order("versitygw", apart, [7] * 6)[1][:5] == [time_of_id(version) for version in newest[:5]]
    assert order("minio", newest)[1] == sorted(order("minio", newest)[1], reverse=True) and order("minio", newest)[1][0] != time_of_id(ids[4])


def test_wire_s3_replies_forbidden_xml_is_no_reply():
    for body in ('<!DOCTYPE x [<!ENTITY e "boom">]><ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>', "", "   ", "{}",
                 "<ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult><x/>", "<ListBucketResult><IsTruncated>&e;</IsTruncated></ListBucketResult>",
                 "<ListBucketResult><IsTruncated>false</IsTruncated><Contents><Key>\x01</Key></Contents></ListBucketResult>"):
        result = read([dict(listing([]), body=body)])[0]
        assert result["code"] == -7, (body, result)


# ---- published replies

if VECTORS:
    FOLDER = os.path.join(VECTORS, "responses")
    OPERATIONS = {"list-objects": "ListObjectsV2", "list-object-versions": "ListObjectVersions", "list-multipart-uploads": "ListMultipartUploads",
                  "list-multipart-uploads#2": "ListMultipartUploads"}

    def published():
        """Name, our question, their answer."""
        names = sorted(name[3:-4] for name in os.listdir(FOLDER) if name.startswith("s3-") and name.endswith(".xml"))
        assert set(OPERATIONS) <= set(names), names
        for name in names:
            with open(os.path.join(FOLDER, "s3-%s.xml" % name), encoding="utf-8") as file:
                reply = {"server": "published", "case": name, "operation": OPERATIONS.get(name), "status": 200, "headers": [], "body": file.read()}
            with open(os.path.join(FOLDER, "s3-%s.json" % name), encoding="utf-8") as file:
                yield reply, json.load(file)

    def test_wire_s3_replies_published_ones_are_read():
        for reply, want in published():
            if reply["operation"]:
                same(want, reply, read([reply])[0])
        assert program([reply for reply, _ in published() if reply["operation"]], "cut") == ""
        assert program([reply for reply, _ in published() if reply["operation"]], "pieces") == ""

    def test_wire_s3_replies_published_ones_of_another_kind_are_refused():
        count = 0
        for reply, _ in published():
            for operation in ("ListObjectsV2", "ListObjectVersions", "ListMultipartUploads", "ListParts", "GetObjectTagging", "GetBucketVersioning",
                              "CreateMultipartUpload", "CopyObject", "CompleteMultipartUpload"):
                if operation != reply["operation"]:
                    assert read([dict(reply, operation=operation)])[0]["code"] == -7, (reply["case"], operation)
                    count += 1
        assert count > 50, count
else:
    print("# LARDER_VECTORS is not set: published replies are not read")

tap.run(sys.modules[__name__])
