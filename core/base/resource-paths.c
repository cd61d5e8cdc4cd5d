/* resource-paths.c: the paths of each type of resource, with what a driver and the engine must know of them. Data, but for what is told of copies that are ours. */
#define LARDER_API_VERSION LARDER_API_CURRENT
#include <larder/driver.h>

#include <string.h>

#include "lines.h"
#include "resource-paths.h"

#define COMPUTED { "domain", LARDER_STRING, LARDER_PATH_COMPUTED, "where it answers" }, { "id", LARDER_STRING, LARDER_PATH_COMPUTED, "what others name it by" }
#define PRINCIPAL { "principal", LARDER_STRING, LARDER_PATH_COMPUTED | LARDER_PATH_TELLS, "as whom it reads" }

const struct larder_path_rule bucket_paths[] = {
	COMPUTED,
	{ "arn", LARDER_STRING, LARDER_PATH_COMPUTED, "what services beside its own name it by" },
	{ "bucket-key", LARDER_BOOL, 0, "objects share a key of the bucket" },
	{ "cors[*].expose[*]", LARDER_BOOL, 0, "headers that scripts see" },
	{ "cors[*].header[*]", LARDER_BOOL, 0, "headers that may be sent" },
	{ "cors[*].max-age", LARDER_INT, 0, "seconds" },
	{ "cors[*].method[*]", LARDER_BOOL, 0, "methods" },
	{ "cors[*].origin[*]", LARDER_BOOL, 0, "who may ask" },
	{ "cors[*].other[*]", LARDER_STRING, 0, "what else is in it" },
	{ "encryption", LARDER_STRING, LARDER_PATH_OPTIONAL, "of what is written" },
	{ "encryption-key", LARDER_STRING, LARDER_PATH_OPTIONAL, "key of it" },
	{ "least-size", LARDER_STRING, 0, "how the service keeps small objects from moving" },
	{ "mfa-delete", LARDER_BOOL, 0, "versions are removed by its owner with his device alone" },
	{ "ownership", LARDER_STRING, LARDER_PATH_OPTIONAL, "who owns what others write" },
	{ "public-access", LARDER_STRING, LARDER_PATH_OPTIONAL, "blocked" },
	{ "region", LARDER_STRING, LARDER_PATH_IMMUTABLE | LARDER_PATH_OPTIONAL, "where it lies" },
	{ "rule[*].abort-uploads", LARDER_INT, 0, "days" },
	{ "rule[*].expire", LARDER_INT, 0, "days" },
	{ "rule[*].expire-noncurrent", LARDER_INT, 0, "days" },
	{ "rule[*].larger-than", LARDER_INT, LARDER_PATH_NARROWS, "bytes" },
	{ "rule[*].other[*]", LARDER_STRING, 0, "what else is in it" },
	{ "rule[*].prefix", LARDER_STRING, LARDER_PATH_NARROWS, "of the keys" },
	{ "rule[*].status", LARDER_STRING, LARDER_PATH_NARROWS | LARDER_PATH_REQUIRED, "enabled or disabled" },
	{ "rule[*].tag", LARDER_STRING, LARDER_PATH_NARROWS, "NAME=VALUE" },
	{ "rule[*].transition[*].days", LARDER_INT, 0, "age at which objects move to the class" },
	{ "tag[*]", LARDER_STRING, 0, "tag" },
	{ "tiering", LARDER_STRING, LARDER_PATH_OPTIONAL, "tiers of archives, or none" },
	{ "url", LARDER_STRING, LARDER_PATH_COMPUTED, "where an edge of this machine asks for its objects" },
	{ "versioning", LARDER_BOOL, LARDER_PATH_OPTIONAL, "old versions are kept; where they once were, it is told" },
	{ 0 }
};
const struct larder_path_rule access_paths[] = {
	COMPUTED, { "lister[*]", LARDER_STRING, LARDER_PATH_OURS, "who lists it" }, PRINCIPAL, { "reader[*]", LARDER_STRING, LARDER_PATH_OURS, "who reads all of it" }, { "statement[*]", LARDER_STRING, 0, "what somebody else says" },
	{ "tls-only", LARDER_BOOL, LARDER_PATH_OURS, "no request without TLS" }, { 0 }
};
const struct larder_path_rule replication_paths[] = {
	COMPUTED, PRINCIPAL,
	{ "own[*]", LARDER_STRING, LARDER_PATH_OURS, "where a rule under our role copies to, when no section asks for any" },
	{ "own-role", LARDER_STRING, LARDER_PATH_OURS, "our role, when no section asks for any" },
	{ "role", LARDER_STRING, LARDER_PATH_NARROWS | LARDER_PATH_REQUIRED, "as whom it copies" },
	{ "rule[*].class", LARDER_STRING, 0, "class of the copies" },
	{ "rule[*].delete-markers", LARDER_BOOL, LARDER_PATH_REQUIRED, "copy deletions, too" },
	{ "rule[*].encrypted", LARDER_BOOL, 0, "copy what has a key, too" },
	{ "rule[*].key", LARDER_STRING, LARDER_PATH_NARROWS, "key of the copies" },
	{ "rule[*].other[*]", LARDER_STRING, 0, "what else is in it" },
	{ "rule[*].prefix", LARDER_STRING, LARDER_PATH_NARROWS, "of the keys" },
	{ "rule[*].priority", LARDER_INT, LARDER_PATH_REQUIRED, "among rules" },
	{ "rule[*].status", LARDER_STRING, LARDER_PATH_REQUIRED, "enabled or disabled" },
	{ "rule[*].tag", LARDER_STRING, LARDER_PATH_NARROWS, "NAME=VALUE" },
	{ "rule[*].to", LARDER_STRING, LARDER_PATH_REQUIRED, "where to" },
	{ "rule[*].within-seconds", LARDER_INT, 0, "seconds until it is copied" },
	{ "source-key", LARDER_STRING, LARDER_PATH_COMPUTED, "key of what is copied, for who copies" },
	{ 0 }
};
const struct larder_path_rule cdn_paths[] = {
	COMPUTED, PRINCIPAL,
	{ "alias[*]", LARDER_BOOL, 0, "host name" },
	{ "behavior[*].cached-method[*]", LARDER_BOOL, 0, "methods whose replies are kept" },
	{ "behavior[*].cache-policy", LARDER_STRING, LARDER_PATH_INSTEAD, "policy that says what is kept how long" },
	{ "behavior[*].compress", LARDER_BOOL, LARDER_PATH_OPTIONAL, "compress what can be" },
	{ "behavior[*].cookie[*]", LARDER_BOOL, 0, "cookies that alone are forwarded" },
	{ "behavior[*].cookies", LARDER_BOOL, LARDER_PATH_OPTIONAL | LARDER_PATH_INSTEAD, "forward cookies" },
	{ "behavior[*].cors", LARDER_BOOL, 0, "scripts of other sites are told apart" },
	{ "behavior[*].default-ttl", LARDER_INT, LARDER_PATH_OPTIONAL | LARDER_PATH_INSTEAD, "seconds" },
	{ "behavior[*].failover", LARDER_STRING, 0, "what it asks where that fails" },
	{ "behavior[*].header[*]", LARDER_BOOL, 0, "headers that are forwarded, beyond those of cors" },
	{ "behavior[*].key-group", LARDER_STRING, 0, "keys of signed URLs that are asked for in it, where no key-group is" },
	{ "behavior[*].max-ttl", LARDER_INT, LARDER_PATH_OPTIONAL | LARDER_PATH_INSTEAD, "seconds" },
	{ "behavior[*].method[*]", LARDER_BOOL, 0, "methods" },
	{ "behavior[*].min-ttl", LARDER_INT, LARDER_PATH_OPTIONAL | LARDER_PATH_INSTEAD, "seconds" },
	{ "behavior[*].order", LARDER_INT, LARDER_PATH_OPTIONAL, "which pattern is tried first" },
	{ "behavior[*].origin", LARDER_STRING, LARDER_PATH_OPTIONAL, "what it asks" },
	{ "behavior[*].origin-request-policy", LARDER_STRING, 0, "policy that says what the origin is told" },
	{ "behavior[*].other[FieldLevelEncryptionId]", LARDER_STRING, 0, "told alone: fields are encrypted at the edge" },
	{ "behavior[*].other[GrpcConfig]", LARDER_STRING, 0, "told alone: gRPC is let through" },
	{ "behavior[*].other[SmoothStreaming]", LARDER_STRING, 0, "told alone: media files are taken apart" },
	{ "behavior[*].other[*]", LARDER_STRING, LARDER_PATH_DOCUMENT, "told alone: all else that it says" },
	{ "behavior[*].query-key[*]", LARDER_BOOL, 0, "what of the query alone tells replies apart" },
	{ "behavior[*].query", LARDER_BOOL, LARDER_PATH_OPTIONAL | LARDER_PATH_INSTEAD, "forward the query" },
	{ "behavior[*].response-headers", LARDER_STRING, 0, "policy of what its viewers are told, where no response-headers is asked for" },
	{ "behavior[*].viewer", LARDER_STRING, LARDER_PATH_OPTIONAL, "what plain HTTP gets" },
	{ "certificate", LARDER_STRING, 0, "of the aliases" },
	{ "comment", LARDER_STRING, 0, "comment" },
	{ "enabled", LARDER_BOOL, LARDER_PATH_OPTIONAL, "serves at all" },
	{ "geo", LARDER_STRING, LARDER_PATH_OPTIONAL, "geographic restriction" },
	{ "http-version", LARDER_STRING, LARDER_PATH_OPTIONAL, "newest version of HTTP" },
	{ "ipv6", LARDER_BOOL, LARDER_PATH_OPTIONAL, "answers on IPv6" },
	{ "key-group", LARDER_STRING, 0, "keys of signed URLs" },
	{ "named[*]", LARDER_STRING, LARDER_PATH_COMPUTED, "what a look-up found" },
	{ "origin[*].access", LARDER_STRING, LARDER_PATH_TELLS, "oac or oai" },
	{ "origin[*].access-comment", LARDER_STRING, 0, "comment of it" },
	{ "origin[*].access-id", LARDER_STRING, LARDER_PATH_COMPUTED, "what the service calls who reads it" },
	{ "origin[*].access-name", LARDER_STRING, LARDER_PATH_COMPUTED, "and what we call it" },
	{ "origin[*].access-otherwise", LARDER_STRING, 0, "why that does not let it be read as it should" },
	{ "origin[*].bucket", LARDER_STRING, LARDER_PATH_OPTIONAL, "what it serves" },
	{ "origin[*].domain", LARDER_STRING, LARDER_PATH_REQUIRED, "where that is" },
	{ "origin[*].failover", LARDER_STRING, 0, "what is asked where it fails" },
	{ "origin[*].failover-otherwise", LARDER_STRING, 0, "why that is not done as it should" },
	{ "origin[*].other[ConnectionAttempts]", LARDER_STRING, 0, "told alone: how often it is tried" },
	{ "origin[*].other[ConnectionTimeout]", LARDER_STRING, 0, "told alone: seconds for each try" },
	{ "origin[*].other[CustomHeaders]", LARDER_STRING, 0, "told alone: what it is sent besides" },
	{ "origin[*].other[CustomOriginConfig]", LARDER_STRING, 0, "told alone: it is asked as any site" },
	{ "origin[*].other[OriginPath]", LARDER_STRING, 0, "told alone: what is put before each key" },
	{ "origin[*].other[OriginShield]", LARDER_STRING, 0, "told alone: a cache before it" },
	{ "origin[*].other[ResponseCompletionTimeout]", LARDER_STRING, 0, "told alone: seconds for all of a reply" },
	{ "origin[*].other[S3OriginConfig/OriginReadTimeout]", LARDER_STRING, 0, "told alone: seconds between packets" },
	{ "origin[*].other[VpcOriginConfig]", LARDER_STRING, 0, "told alone: it is asked within a VPC" },
	{ "origin[*].other[*]", LARDER_STRING, LARDER_PATH_DOCUMENT, "told alone: all else that it says" },
	{ "origin[*].spare", LARDER_BOOL, LARDER_PATH_OURS, "it is asked where another fails, and never else" },
	{ "other[*]", LARDER_STRING, LARDER_PATH_DOCUMENT, "told alone: all else that it says" },
	{ "price-class", LARDER_STRING, LARDER_PATH_OPTIONAL, "where it serves from" },
	{ "response-headers", LARDER_STRING, 0, "policy of what viewers are told besides" },
	{ "state", LARDER_STRING, LARDER_PATH_COMPUTED, "as the service calls it" },
	{ "tag[*]", LARDER_STRING, 0, "tag" },
	{ "tls", LARDER_STRING, LARDER_PATH_OPTIONAL, "least version" },
	{ "web-acl", LARDER_STRING, 0, "firewall in front" },
	{ 0 }
};
const struct larder_path_rule backup_paths[] = {
	COMPUTED, PRINCIPAL,
	{ "rule[*].cold-after", LARDER_INT, 0, "days" },
	{ "rule[*].copy[*]", LARDER_STRING, 0, "where copies go to, and how long they stay there" },
	{ "rule[*].delete-after", LARDER_INT, 0, "days" },
	{ "rule[*].schedule", LARDER_STRING, 0, "when" },
	{ "rule[*].vault", LARDER_STRING, 0, "where" },
	{ "selection[*].resource[*]", LARDER_STRING, 0, "what" },
	{ "selection[*].role", LARDER_STRING, 0, "as whom" },
	{ 0 }
};
const struct larder_path_rule database_paths[] = {
	COMPUTED, PRINCIPAL,
	{ "deletion-protection", LARDER_BOOL, LARDER_PATH_KEEPS, "removal is refused while it is on" },
	{ "final-snapshot", LARDER_STRING, 0, "taken before it goes" },
	{ "final-snapshot-there", LARDER_STRING, LARDER_PATH_COMPUTED, "its name today, where there is one of that name already" },
	{ "log[*]", LARDER_BOOL, 0, "logs that are exported" },
	{ "maintenance", LARDER_STRING, LARDER_PATH_COMPUTED, "of each week, UTC; no backup window may be then" },
	{ "retention", LARDER_INT, 0, "days" },
	{ "window", LARDER_STRING, 0, "of the daily backup, UTC" },
	{ 0 }
};

void
copies_are_ours (struct lines *lines, const char *role)
{
	struct lines own;
	lines_begin (&own, lines->arena);
	lines_add (&own, "own-role", role);
	for (size_t n = 0; n < lines->count; n++) {
		const char *below, *id = path_member_of (lines->arena, lines->at[n].path, "rule", &below);
		if (id && strcmp (below, ".to") == 0)
			lines_add_in (&own, "own", id, "", lines->at[n].value);
	}
	own.failed = own.failed || lines->failed;
	*lines = own;
}
