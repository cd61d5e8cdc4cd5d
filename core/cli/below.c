/* below.c: the object of a name, and what is below name/: a path ends at a separator. */
#include "cli.h"

#include <string.h>

#include "arena.h"
#include "error.h"

struct only { const char *key; larder_info_fn info; void *context; };

static int
while_same (void *context, const struct larder_info *info)
{
	const struct only *only = context;
	return strcmp (info->key, only->key) == 0 ? only->info (only->context, info) : 1;
}

int
below_each (struct cli *cli, struct larder_store *store, const struct below *below, larder_info_fn info, void *context, struct larder_error *error)
{
	size_t length = strlen (below->path);
	bool folder = length == 0 || below->path[length - 1] == '/';
	struct larder_listing request = { .size = sizeof request, .prefix = below->path, .delimiter = "", .versions = below->versions };
	if (!below->recursive || !folder) {
		struct only only = { below->path, info, context };
		int code = larder_list (store, &request, while_same, &only, error);
		if (code < 0 || !below->recursive)
			return code < 0 ? code : 0;
		request.prefix = arena_printf (cli->arena, "%s/", below->path);
	}
	return request.prefix ? larder_list (store, &request, info, context, error) : larder_fail_memory (error);
}
