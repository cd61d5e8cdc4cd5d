"""service_model.py: botocore's model of a REST-JSON service: which operation a request is, and whether its parameters are as the model has them.

    model = service_model.Model("backup")
    name, parameters = model.operation("PUT", "/backup/plans/", {}, b'{"BackupPlan": …}')
    name, parameters = service_model.Model("ec2").form(b"Action=DescribeVpcs&Version=…")
"""
import json
import re
import urllib.parse

import servers


class Wrong(Exception):
    """A request that the service does not have."""


class Model:
    def __init__(self, service):
        servers.boto3()
        import botocore.session
        self.model = botocore.session.get_session().get_service_model(service)
        self.routes = []
        for name in self.model.operation_names:
            http = self.model.operation_model(name).http
            path = http["requestUri"].split("?")[0].rstrip("/")
            pattern = "".join(re.escape(part) if number % 2 == 0 else "(?P<%s>%s)" % (part.rstrip("+"), ".+" if part.endswith("+") else "[^/]+")
                              for number, part in enumerate(re.split(r"[{}]", path)))
            self.routes.append((http["method"], re.compile(pattern + "/?$"), name))
        self.routes.sort(key=lambda route: -len(route[1].pattern))

    def operation(self, method, target, body):
        path, _, query = target.partition("?")
        for wanted, pattern, name in self.routes:
            found = pattern.match(path) if wanted == method else None
            if found:
                return name, self.parameters(name, found.groupdict(), dict(urllib.parse.parse_qsl(query, keep_blank_values=True)), body)
        raise Wrong("no operation is %s %s" % (method, path))

    def parameters(self, name, uri, query, body):
        from botocore.validate import ParamValidator
        shape = self.model.operation_model(name).input_shape
        result = json.loads(body) if body else {}
        outside = {member for member in shape.members if shape.members[member].serialization.get("location")}
        if outside & set(result):
            raise Wrong("%s: %s does not go in the body" % (name, sorted(outside & set(result))))
        for member, one in shape.members.items():
            place, key = one.serialization.get("location"), one.serialization.get("name", member)
            given = {"uri": uri, "querystring": query}.get(place, {})
            if key in given:
                text = urllib.parse.unquote(given.pop(key))
                result[member] = int(text) if one.type_name in ("integer", "long") else text == "true" if one.type_name == "boolean" else text
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
            kind = self.walk(shape, path.split("."), name)
            if kind not in ("string", "integer", "boolean") or (kind == "integer" and not value.lstrip("-").isdigit()) or (kind == "boolean" and value not in ("true", "false")):
                raise Wrong("%s: %s cannot be %s" % (name, path, value))
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
            return shape.type_name
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
        if shape.type_name == "structure" and isinstance(value, dict):
            return [found for key, one in value.items() for found in
                    (self.unknown(one, shape.members[key], at + "." + key) if key in shape.members else [at + "." + key])]
        if shape.type_name == "list" and isinstance(value, list):
            return [found for one in value for found in self.unknown(one, shape.member, at + "[]")]
        return []
