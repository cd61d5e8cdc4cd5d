/* cdn.c: which object an operand of larder cdn means. */
#include "cdn.h"

#include <stdio.h>
#include <string.h>

#include "error.h"

/* A key of [pipeline "NAME"] that names a store. */
static int
store_of (struct cli *cli, const char *pipeline, const char *key, const char **ret, struct larder_error *error)
{
	char name[300];
	snprintf (name, sizeof name, "pipeline.%s.%s", pipeline, key);
	int code = cli_setting (cli, name, ret, error);
	if (code == 0 && !**ret)
		return larder_fail (error, LARDER_E_UNSUPPORTED, "[pipeline \"%s\"] has no %s", pipeline, key);
	return code;
}

int
cdn_object (struct cli *cli, const struct cdn_object *object, struct larder_store **ret_store, const char **ret_key, struct larder_error *error)
{
	struct larder_address address = { .size = sizeof address };
	const char *store = NULL;
	int code = larder_address_parse (cli->larder, cli->arena, object->text, &address, error);
	if (code == 0 && (object->thumbnail || !address.store))
		code = store_of (cli, object->pipeline, "store", &store, error);
	if (code < 0)
		return code;
	if (object->thumbnail && address.store && strcmp (address.store, store) != 0)
		return larder_fail (error, LARDER_E_INVALID, "pictures of pipeline '%s' are in the store '%s', not '%s'", object->pipeline, store, address.store);
	*ret_key = address.store ? address.path : object->text;
	if (object->thumbnail)
		code = larder_thumbnail_key (cli->larder, cli->arena, object->pipeline, *ret_key, ret_key, error);
	if (code == 0 && object->thumbnail)
		code = store_of (cli, object->pipeline, "thumbnail-store", &store, error);
	return code < 0 ? code : larder_store_open (cli->larder, address.store && !object->thumbnail ? address.store : store, ret_store, error);
}
