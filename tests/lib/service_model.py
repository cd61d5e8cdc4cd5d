"""service_model.py: botocore's model of a REST service, JSON or XML: which operation a request is, and whether its parameters are as the model has them.

    model = service_model.Model("backup")
    name, parameters = model.operation("PUT", "/backup/plans/", b'{"BackupPlan": …}')
    model.xml("GetDistribution", {"Distribution": …})     # the body of a reply, of a service that speaks XML
    name, parameters = service_model.Model("ec2").form(b"Action=DescribeVpcs&Version=…")
"""
import json
import re
import urllib.parse
import xml.etree.ElementTree as etree
from xml.sax.saxutils import escape

import servers


class Wrong(Exception):
    """A request that the service does not have."""


def value_of(shape, text):
    if shape.type_name in ("integer", "long"):
        return int(text)
    if shape.type_name == "boolean":
        if text not in ("true", "false"):
            raise Wrong("%s is %r" % (shape.name, text))
        return text == "true"
    return text


def readable(pattern):
    """As Python has it: the models write classes of characters as Java does."""
    for theirs, ours in (("\\p{L}", "\\w"), ("\\p{N}", "\\d"), ("\\p{Z}", "\\s"), ("\\p{M}", ""), ("\\p{S}", ""), ("\\p{P}", "")):
        pattern = pattern.replace(theirs, ours)
    return re.compile(pattern)


def misfit(shape, value):
    """Why a value is longer than the model has it, greater, or of another pattern, which botocore itself does not look at; None: it is not."""
    pattern, most = shape.metadata.get("pattern"), shape.metadata.get("max")
    if most is not None and shape.type_name in ("string", "list", "map") and len(value) > most:
        return "is longer than %d" % most
    if most is not None and shape.type_name in ("integer", "long") and int(value) > most:
        return "is more than %d" % most
    if pattern and shape.type_name == "string" and not readable(pattern).fullmatch(value):
        return "is not as %s" % pattern
    return None


class Model:
    def __init__(self, service):
        servers.boto3()
        import botocore.session
        self.model = botocore.session.get_session().get_service_model(service)
        self.speaks_xml = self.model.metadata["protocol"] == "rest-xml"
        self.routes = []
        for name in self.model.operation_names:
            http = self.model.operation_model(name).http
            path, _, query = http["requestUri"].partition("?")
            pattern = "".join(re.escape(part) if number % 2 == 0 else "(?P<%s>%s)" % (part.rstrip("+"), ".+" if part.endswith("+") else "[^/]+")
                              for number, part in enumerate(re.split(r"[{}]", path.rstrip("/"))))
            self.routes.append((http["method"], re.compile(pattern + "/?$"), dict(urllib.parse.parse_qsl(query, keep_blank_values=True)), name))
        self.routes.sort(key=lambda route: (-len(route[2]), -len(route[1].pattern)))

    def operation(self, method, target, body, headers=()):
        path, _, query = target.partition("?")
        query = dict(urllib.parse.parse_qsl(query, keep_blank_values=True))
        for wanted, pattern, literal, name in self.routes:
            found = pattern.match(path) if wanted == method and literal.items() <= query.items() else None
            if found:
                query = {key: value for key, value in query.items() if key not in literal}
                return name, self.parameters(name, found.groupdict(), query, body, {key.lower(): value for key, value in dict(headers).items()})
        raise Wrong("no operation is %s %s" % (method, path))

    def parameters(self, name, uri, query, body, headers):
        from botocore.validate import ParamValidator
        shape = self.model.operation_model(name).input_shape
        result = self.body(shape, body)
        outside = {member for member in shape.members if shape.members[member].serialization.get("location")}
        if outside & set(result):
            raise Wrong("%s: %s does not go in the body" % (name, sorted(outside & set(result))))
        for member, one in shape.members.items():
            place, key = one.serialization.get("location"), one.serialization.get("name", member)
            given, key = {"uri": (uri, key), "querystring": (query, key), "header": (headers, key.lower())}.get(place, ({}, key))
            if key in given:
                text = urllib.parse.unquote(given.pop(key))
                result[member] = int(text) if one.type_name in ("integer", "long") else text == "true" if one.type_name == "boolean" else [text] if one.type_name == "list" else text
        if query:
            raise Wrong("%s has no %s" % (name, sorted(query)))
        report = ParamValidator().validate(result, shape)
        unknown = self.unknown(result, shape)
        if report.has_errors() or unknown:
            raise Wrong("%s: %s %s" % (name, report.generate_report(), unknown))
        return result

    def form(self, body):
        """(operation, parameters as they were sent) of a request of the query or the EC2 protocol; Wrong for a name or a value that the model does not have."""
        given = dict(urllib.parse.parse_qsl(body.decode(), keep_blank_values=True))
        name = given.pop("Action")
        if given.pop("Version") != self.model.api_version:
            raise Wrong("%s of another version" % name)
        shape = self.model.operation_model(name).input_shape
        for path, value in given.items():
            leaf = self.walk(shape, path.split("."), name)
            kind = leaf.type_name
            if kind == "timestamp" and re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", value):
                continue
            if kind not in ("string", "integer", "boolean") or (kind == "integer" and not value.lstrip("-").isdigit()) or (kind == "boolean" and value not in ("true", "false")):
                raise Wrong("%s: %s cannot be %s" % (name, path, value))
            if misfit(leaf, value):
                raise Wrong("%s: %s = %r %s" % (name, path, value, misfit(leaf, value)))
        lacking = [member for member in shape.required_members if not any(path.split(".")[0] == self.sent(shape, member) for path in given)]
        if lacking:
            raise Wrong("%s lacks %s" % (name, lacking))
        return name, given

    def sent(self, shape, member):
        """What a member is called in a form."""
        how = shape.members[member].serialization
        if self.model.metadata["protocol"] != "ec2":
            return how.get("name", member)
        plain = how.get("name", member)
        return how.get("queryName", plain[0].upper() + plain[1:])

    def walk(self, shape, parts, name):
        if not parts:
            return shape
        if shape.type_name == "list":
            flat = self.model.metadata["protocol"] == "ec2" or shape.serialization.get("flattened")
            if not flat:
                if parts[0] != shape.member.serialization.get("name", "member"):
                    raise Wrong("%s: %s is no list" % (name, parts))
                parts = parts[1:]
            if not parts or not parts[0].isdigit() or parts[0] == "0":
                raise Wrong("%s: %s is not of a list" % (name, parts))
            return self.walk(shape.member, parts[1:], name)
        found = {self.sent(shape, member): one for member, one in shape.members.items()} if shape.type_name == "structure" else {}
        if parts[0] not in found:
            raise Wrong("%s has no %s" % (name, ".".join(parts)))
        return self.walk(found[parts[0]], parts[1:], name)

    def unknown(self, value, shape, at=""):
        """What the model does not have: names, words, and what is too long or of another form."""
        wrong = misfit(shape, value)
        if wrong:
            return ["%s = %r %s" % (at, value, wrong)]
        if shape.type_name == "structure" and isinstance(value, dict):
            return [found for key, one in value.items() for found in
                    (self.unknown(one, shape.members[key], at + "." + key) if key in shape.members else [at + "." + key])]
        if shape.type_name == "list" and isinstance(value, list):
            return [found for one in value for found in self.unknown(one, shape.member, at + "[]")]
        if getattr(shape, "enum", None) and value not in shape.enum:
            return ["%s = %r" % (at, value)]
        return []

    def body(self, shape, body):
        if not self.speaks_xml:
            return json.loads(body) if body else {}
        payload = shape.serialization.get("payload") if shape else None
        if not payload:
            return {}
        inner = shape.members[payload]
        try:
            root = etree.fromstring(body)
        except etree.ParseError as error:
            raise Wrong("%s: %s" % (shape.name, error)) from None
        space = "{%s}" % inner.serialization["xmlNamespace"]["uri"]
        if root.tag != space + inner.serialization["name"]:
            raise Wrong("the document is %s" % root.tag)
        return {payload: self.from_xml(inner, root, space)}

    def from_xml(self, shape, element, space):
        """By its shape: each element known, and once."""
        if shape.type_name == "list":
            name = shape.member.serialization.get("name", "member")
            if any(child.tag != space + name for child in element):
                raise Wrong("%s holds %s" % (shape.name, sorted({child.tag for child in element})))
            return [self.from_xml(shape.member, child, space) for child in element]
        if shape.type_name != "structure":
            return value_of(shape, element.text or "")
        result = {}
        wire = {space + member.serialization.get("name", name): name for name, member in shape.members.items()}
        for child in element:
            if child.tag not in wire or wire[child.tag] in result:
                raise Wrong("%s in %s" % (child.tag, shape.name))
            result[wire[child.tag]] = self.from_xml(shape.members[wire[child.tag]], child, space)
        return result

    def xml(self, name, value):
        shape = self.model.operation_model(name).output_shape
        payload = shape.serialization["payload"]
        inner = shape.members[payload]
        return '<?xml version="1.0"?>\n' + self.to_xml(inner, inner.serialization.get("name", payload), value[payload]).replace(">", ' xmlns="http://%s.amazonaws.com/doc/%s/">' % (
            self.model.endpoint_prefix, self.model.api_version), 1)

    def to_xml(self, shape, name, value):
        if shape.type_name == "structure":
            text = "".join(self.to_xml(member, member.serialization.get("name", key), value[key]) for key, member in shape.members.items() if key in value)
        elif shape.type_name == "list":
            text = "".join(self.to_xml(shape.member, shape.member.serialization.get("name", "member"), one) for one in value)
        else:
            text = str(value).lower() if isinstance(value, bool) else escape(str(value))
        return "<%s>%s</%s>" % (name, text, name)
