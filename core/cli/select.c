/* select.c: which keys take part: --include, --exclude and --shard of sync and verify. */
#include "cli.h"

#include <stdlib.h>
#include <string.h>

#include "error.h"

static size_t
count_of (const char *const *list)
{
	size_t count = 0;
	while (list && list[count])
		count++;
	return count;
}

bool
number_from_text (const char *text, int base, const char *end, uint64_t most, uint64_t *ret)
{
	char *stop;
	if (*text < '0' || *text > '9')
		return false;
	*ret = strtoull (text, &stop, base);
	return strcmp (stop, end) == 0 && *ret <= most;
}

static int
read_shard (const char *text, struct larder_sync *request, struct larder_error *error)
{
	const char *slash = text ? strchr (text, '/') : NULL, *index = text;
	uint64_t shard, shards;
	if (!text)
		return 0;
	if (slash == text)
		index = secure_getenv ("JOB_COMPLETION_INDEX");
	if (!index)
		return larder_fail_next (error, LARDER_E_USAGE, "run it as an Indexed Job, or write --shard I/N", "JOB_COMPLETION_INDEX is not set");
	if (!slash || !number_from_text (slash + 1, 10, "", UINT32_MAX, &shards) || !number_from_text (index, 10, slash == text ? "" : slash, UINT32_MAX, &shard)
	    || shard >= shards)
		return larder_fail_next (error, LARDER_E_USAGE, "--shard 0/4 to --shard 3/4", "'%s' of '%s' is no shard", index, text);
	request->shard = (uint32_t) shard;
	request->shards = (uint32_t) shards;
	return 0;
}

int
select_keys (const struct select_flags *flags, struct larder_sync *request, struct larder_error *error)
{
	request->include = flags->include;
	request->include_count = count_of (flags->include);
	request->exclude = flags->exclude;
	request->exclude_count = count_of (flags->exclude);
	return read_shard (flags->shard, request, error);
}
