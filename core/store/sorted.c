/* sorted.c: the listing of a storage that gives its items in any order, put in byte order through a file without a name: all of
 * it is asked for before the first item is given. */
#include "handle.h"

#include <stdlib.h>
#include <string.h>

#include "buffer.h"
#include "cleanup.h"
#include "error.h"
#include "sort.h"

#define LARDER_API_VERSION LARDER_API_CURRENT
#include <larder/driver.h>

enum { SORT_MEMORY = 2 << 20, TEXTS = 4 };

struct store_sorted {
	struct larder_store *store;
	struct sort *sort;
	struct buffer item;           /* being kept */
	struct larder_error why;      /* of a callback */
	char last[1026];
	bool any;
};

/* What a listing tells of an object beside its key. */
static void
texts_of (struct larder_info *info, const char **ret[TEXTS])
{
	ret[0] = &info->version;
	ret[1] = &info->etag;
	ret[2] = &info->storage_class;
	ret[3] = &info->checksum;
}

/* The facts as they are, then the texts that they point to. */
static int
keep (void *context, const struct larder_info *info)
{
	struct store_sorted *sorted = context;
	struct larder_info facts = { .size = sizeof facts };
	const char **texts[TEXTS];
	larder_give (&facts, info);
	texts_of (&facts, texts);
	buffer_clear (&sorted->item);
	buffer_add (&sorted->item, &facts, sizeof facts);
	for (size_t i = 0; i < TEXTS; i++)
		if (*texts[i])
			buffer_add (&sorted->item, *texts[i], strlen (*texts[i]) + 1);
	if (sorted->item.failed)
		return larder_fail (&sorted->why, LARDER_E_LIMIT, "an item of the listing is too long");
	return sort_add (sorted->sort, info->key, sorted->item.at, sorted->item.length, &sorted->why);
}

int
store_sorted_begin (struct larder_store *store, const struct larder_listing *request, struct store_sorted **ret, struct larder_error *error)
{
	struct store_sorted *sorted = calloc (1, sizeof *sorted);
	struct sort *sort = sorted ? sort_new (SORT_MEMORY) : NULL;
	if (!sort) {
		free (sorted);
		return larder_fail_memory (error);
	}
	*sorted = (struct store_sorted) { .store = store, .sort = sort, .why = LARDER_ERROR_INIT };
	buffer_init (&sorted->item, SORT_RECORD_MOST);
	struct larder_listing whole = *request;
	whole.start_after = NULL;
	int code = store_list_unsorted (store, &whole, keep, sorted, error);
	if (code < 0) {
		if (error && sorted->why.code)
			larder_give (error, &sorted->why);
		store_sorted_free (sorted);
		return code;
	}
	*ret = sorted;
	return 0;
}

int
store_sorted_next (struct store_sorted *sorted, struct larder_info *ret, struct larder_error *error)
{
	const char *key, **texts[TEXTS];
	const void *with;
	size_t count;
	int code = sort_next (sorted->sort, &key, &with, &count, error);
	if (code != 1)
		return code;
	if (sorted->any && strcmp (sorted->last, key) == 0)
		return larder_fail_next (error, LARDER_E_UNAVAILABLE, "nothing was done with it; try again, and report it to whoever runs that service",
			"listing of '%s' cannot be trusted: it names '%s' twice", store_name (sorted->store), key);
	memcpy (sorted->last, key, strlen (key) + 1);         /* store_list_unsorted looked at its length */
	sorted->any = true;
	memcpy (ret, with, sizeof *ret);
	ret->key = key;
	texts_of (ret, texts);
	for (const char *text = (const char *) with + sizeof *ret, *end = (const char *) with + count, **const *at = texts; text < end; at++)
		if (**at) {
			**at = text;
			text += strlen (text) + 1;
		}
	ret->content_type = ret->content_encoding = ret->cache_control = ret->content_disposition = ret->replication = ret->encryption = ret->archive = NULL;
	ret->metadata = (struct larder_pairs) { 0 };
	return 1;
}

void
store_sorted_free (struct store_sorted *sorted)
{
	if (!sorted)
		return;
	sort_free (sorted->sort);
	buffer_free (&sorted->item);
	free (sorted);
}

static void
free_at (struct store_sorted **at)
{
	store_sorted_free (*at);
}

int
store_list_sorted (struct larder_store *store, const struct larder_listing *request, larder_info_fn info, void *context, struct larder_error *error)
{
	__attribute__ ((cleanup (free_at))) struct store_sorted *sorted = NULL;
	struct larder_info item = { .size = sizeof item };
	int code = store_sorted_begin (store, request, &sorted, error);
	while (code == 0 && (code = store_sorted_next (sorted, &item, error)) == 1) {
		bool after = !request->start_after || strcmp (item.key, request->start_after) > 0;
		code = after ? info (context, &item) : 0;
		if (code)
			return code;
	}
	return code;
}
