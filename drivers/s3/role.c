/* role.c: role = auto of a replication: a role that S3 takes, which may read what is copied and write it where it goes, and no more. Named after the bucket. */
#include "s3.h"

#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "error.h"
#include "lines.h"
#include "resource-paths.h"
#include "role.h"

struct keeping { struct aws_client *client; struct aws_made_role role; };

static bool
is_auto (const char *text)
{
	return text && strcmp (text, "auto") == 0;
}

/* A client for IAM, which data never needs. */
static int
begin (struct keeping *keeping, struct s3 *s3, const struct s3_place *place, struct larder_arena *arena, struct larder_error *error)
{
	*keeping = (struct keeping) { .role = { .id = place->bucket, .service = S3_ROLE_SERVICE } };
	int code = aws_role_name (S3_ROLE_KIND, place->bucket, arena, &keeping->role.name, error);
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

/* By its name; NULL: it is another's. */
static const char *
own_name (const struct s3_place *place, const char *arn, struct larder_arena *arena)
{
	const char *slash = arn ? strrchr (arn, '/') : NULL, *name;
	return slash && aws_role_name (S3_ROLE_KIND, place->bucket, arena, &name, NULL) == 0 && strcmp (slash + 1, name) == 0 ? name : NULL;
}

void
s3_role_own (const struct s3_place *place, struct lines *lines)
{
	const char *name = own_name (place, lines_value (lines, "role"), lines->arena);
	if (name)
		copies_are_ours (lines, name);
}

/* The ARN of ours is told as it was asked for, where it is as it should be. */
int
s3_role_tell (struct s3 *s3, struct larder_call *call, const struct s3_place *place, const char *source_key, struct lines *lines, struct larder_error *error)
{
	struct keeping keeping;
	struct line *line = NULL;
	const char *arn;
	bool right = false;
	for (size_t n = 0; n < lines->count; n++)
		if (strcmp (lines->at[n].path, "role") == 0)
			line = &lines->at[n];
	if (!line || !own_name (place, line->value, lines->arena))
		return 0;
	int code = begin (&keeping, s3, place, lines->arena, error);
	if (code == 0)
		code = s3_replication_rights (place, source_key, lines, &keeping.role.rights, error);
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
		code = s3_replication_rights (place, lines_value (desired, "source-key"), desired, &keeping.role.rights, error);
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
