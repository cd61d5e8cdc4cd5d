/* role.c: role = auto of a replication: a role that S3 takes, which may read what is copied and write it where it goes, and no more. Named after the bucket. */
#include "s3.h"

#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "buffer.h"
#include "error.h"
#include "lines.h"
#include "role.h"

struct keeping { struct aws_client *client; struct aws_made_role role; };

static bool
is_auto (const char *text)
{
	return text && strcmp (text, "auto") == 0;
}

/* Values of the lines of one kind, in order. */
static void
add_values (struct buffer *text, const struct lines *lines, const char *pattern, const char *before, const char *after)
{
	const char *comma = "";
	for (size_t n = 0; n < lines->count; n++)
		if (path_matches (pattern, lines->at[n].path) && lines->at[n].value) {
			buffer_printf (text, "%s\"%s%s%s\"", comma, before, lines->at[n].value, after);
			comma = ",";
		}
}

/* What is copied is read with its key, by S3 alone. An alias is a condition, for rights are for keys. */
static void
add_decrypt (struct buffer *text, const struct s3_place *place, const char *region, const char *key)
{
	const char *alias = strstr (key, "alias/");
	buffer_add_text (text, ",{\"Effect\":\"Allow\",\"Action\":[\"kms:Decrypt\"],\"Resource\":[\"");
	if (strncmp (key, "arn:", 4) == 0 && !alias)
		buffer_add_text (text, key);
	else
		buffer_printf (text, "arn:%s:kms:%s:*:key/%s", place->partition, region, alias ? "*" : key);
	buffer_printf (text, "\"],\"Condition\":{\"StringEquals\":{\"kms:ViaService\":\"s3.%s.amazonaws.com\"}", region);
	if (alias)
		buffer_printf (text, ",\"ForAnyValue:StringEquals\":{\"kms:ResourceAliases\":\"%s\"}", alias);
	buffer_add_text (text, "}}");
}

/* Buckets that rules copy to, in the order of the rules; each statement names all. Copies under keys are written with those, whose regions their ARNs tell. */
static int
rights_of (const struct s3 *s3, const struct s3_place *place, const char *source_key, const struct lines *lines, struct larder_arena *arena, const char **ret, struct larder_error *error)
{
	CLEANUP_BUFFER struct buffer text, keys;
	const char *from = place->bucket, *arn = place->partition, *region = aws_client_region (s3->client);
	buffer_init (&text, 1 << 18);
	buffer_init (&keys, 1 << 16);
	buffer_printf (&text, "{\"Version\":\"2012-10-17\",\"Statement\":["
		"{\"Effect\":\"Allow\",\"Action\":[\"s3:GetReplicationConfiguration\",\"s3:ListBucket\"],\"Resource\":[\"arn:%s:s3:::%s\"]},"
		"{\"Effect\":\"Allow\",\"Action\":[\"s3:GetObjectVersionAcl\",\"s3:GetObjectVersionForReplication\",\"s3:GetObjectVersionTagging\"],\"Resource\":[\"arn:%s:s3:::%s/*\"]},"
		"{\"Effect\":\"Allow\",\"Action\":[\"s3:ReplicateDelete\",\"s3:ReplicateObject\",\"s3:ReplicateTags\"],\"Resource\":[", arn, from, arn, from);
	add_values (&text, lines, "rule[*].to", arena_printf (arena, "arn:%s:s3:::", arn), "/*");
	buffer_add_text (&text, "]}");
	if (source_key)
		add_decrypt (&text, place, region ? region : "us-east-1", source_key);
	add_values (&keys, lines, "rule[*].key", "", "");
	if (keys.length)
		buffer_printf (&text, ",{\"Effect\":\"Allow\",\"Action\":[\"kms:Encrypt\"],\"Resource\":[%s],\"Condition\":{\"StringLike\":{\"kms:ViaService\":\"s3.*.amazonaws.com\"}}}", buffer_text (&keys));
	buffer_add_text (&text, "]}");
	*ret = text.failed || keys.failed ? NULL : arena_copy (arena, buffer_text (&text));
	return *ret ? 0 : larder_fail_memory (error);
}

/* A client for IAM, which data never needs. */
static int
begin (struct keeping *keeping, struct s3 *s3, const struct s3_place *place, struct larder_arena *arena, struct larder_error *error)
{
	*keeping = (struct keeping) { .role = { .id = place->bucket, .service = S3_ROLE_SERVICE } };
	int code = aws_role_name ("copies", place->bucket, arena, &keeping->role.name, error);
	return code == 0 ? aws_client_open (larder_host, s3->name, "iam", &s3->aws, &keeping->client, error) : code;
}

int
s3_role_supports (const struct s3 *s3, const struct larder_line *line, struct larder_error *error)
{
	if (strcmp (line->path, "role") != 0 || !is_auto (line->value))
		return 0;
	bool here = strcmp (s3->server->name, "aws") == 0 || strcmp (s3->server->name, "moto") == 0;
	return here && !aws_region_apart (aws_client_region (s3->client)) ? 0 : larder_fail_next (error, LARDER_E_UNSUPPORTED, "set role in [replication] to the ARN of one that may read here and replicate there", "role = auto: no role is made there");
}

/* The ARN of ours is told as it was asked for, where it is as it should be. */
int
s3_role_tell (struct s3 *s3, struct larder_call *call, const struct s3_place *place, const char *source_key, struct lines *lines, struct larder_error *error)
{
	struct keeping keeping;
	struct line *line = NULL;
	const char *arn, *name;
	bool right = false;
	for (size_t n = 0; n < lines->count; n++)
		if (strcmp (lines->at[n].path, "role") == 0)
			line = &lines->at[n];
	const char *slash = line && line->value ? strrchr (line->value, '/') : NULL;
	if (!slash || aws_role_name ("copies", place->bucket, lines->arena, &name, NULL) < 0 || strcmp (slash + 1, name) != 0)
		return 0;
	int code = begin (&keeping, s3, place, lines->arena, error);
	if (code == 0)
		code = rights_of (s3, place, source_key, lines, lines->arena, &keeping.role.rights, error);
	if (code == 0)
		code = aws_role_find (keeping.client, call, lines->arena, &keeping.role, &arn, &right, error);
	if (code >= 0)
		line->value = code > 0 && right ? "auto" : "otherwise";
	aws_client_close (keeping.client);
	return code < 0 ? code : 0;
}

bool
s3_role_asked (const struct lines *desired)
{
	return is_auto (lines_value (desired, "role"));
}

int
s3_role_set (struct s3 *s3, struct larder_call *call, const struct s3_place *place, struct lines *desired, struct larder_error *error)
{
	struct keeping keeping;
	const char *arn = NULL;
	int code = begin (&keeping, s3, place, desired->arena, error);
	if (code == 0)
		code = rights_of (s3, place, lines_value (desired, "source-key"), desired, desired->arena, &keeping.role.rights, error);
	if (code == 0)
		code = aws_role_set (keeping.client, call, desired->arena, &keeping.role, &arn, error);
	for (size_t n = 0; code == 0 && n < desired->count; n++)
		if (strcmp (desired->at[n].path, "role") == 0)
			desired->at[n].value = arn;
	aws_client_close (keeping.client);
	return code;
}

int
s3_role_remove (struct s3 *s3, struct larder_call *call, const struct s3_place *place, struct larder_arena *arena, struct larder_error *error)
{
	struct keeping keeping;
	int code = begin (&keeping, s3, place, arena, error);
	if (code == 0)
		code = aws_role_remove (keeping.client, call, arena, &keeping.role, error);
	aws_client_close (keeping.client);
	return code;
}
