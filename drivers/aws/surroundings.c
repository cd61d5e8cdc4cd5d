/* surroundings.c: the environment, read once. */
#include "identity.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "arena.h"
#include "error.h"
#include "text.h"

#define AWS_VARIABLE_NAME(name) "AWS_" #name,
static const char *const names[] = { AWS_VARIABLES (AWS_VARIABLE_NAME) };

/* Empty counts as unset. */
static const char *
copy (struct larder_arena *arena, const char *name, bool *failed)
{
	const char *value = secure_getenv (name);
	if (!value || !*value)
		return NULL;
	const char *mine = arena_copy (arena, value);
	*failed |= !mine;
	return mine;
}

/* The name that AWS_ENDPOINT_URL_… has for a service. */
static void
endpoint_name (const char *service, char ret[64])
{
	int length = snprintf (ret, 64, "AWS_ENDPOINT_URL_%s", strcmp (service, "elasticfilesystem") == 0 ? "efs" : service);
	for (int i = 0; i < length && i < 63; i++)
		if (ret[i] >= 'a' && ret[i] <= 'z')
			ret[i] = (char) (ret[i] - 'a' + 'A');
		else if (ret[i] == '-')
			ret[i] = '_';
}

int
aws_surroundings_read (struct larder_arena *arena, const char *service, struct aws_surroundings *ret, struct larder_error *error)
{
	struct aws_surroundings around = { .home = NULL };
	char own[64];
	bool failed = false;
	for (size_t i = 0; i < AWS_VARIABLE_COUNT; i++)
		around.values[i] = copy (arena, names[i], &failed);
	around.home = copy (arena, "HOME", &failed);
	endpoint_name (service, own);
	around.own_endpoint = copy (arena, own, &failed);
	if (failed)
		return larder_fail_memory (error);
	*ret = around;
	return 0;
}

bool
aws_surroundings_say (const struct aws_surroundings *around, enum aws_variable which)
{
	const char *value = around->values[which];
	bool yes = false;
	return value && (strcasecmp (value, "true") == 0 || (text_bool (value, &yes) == 0 && yes));
}
