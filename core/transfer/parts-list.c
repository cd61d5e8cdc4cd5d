/* parts-list.c: the parts that a store has taken, in any order, until they become an object. */
#define LARDER_API_VERSION LARDER_API_CURRENT
#include "parts.h"

#include <stdlib.h>

#include "arena.h"
#include "checksum.h"
#include "error.h"
#include "store.h"
#include <larder/driver.h>

int
parts_list_add (struct parts_list *list, const struct larder_part *part, struct larder_error *error)
{
	if (list->count == list->room) {
		size_t room = list->room ? 2 * list->room : 64;
		struct larder_part *more = realloc (list->at, room * sizeof *more);
		if (!more)
			return larder_fail_memory (error);
		list->at = more;
		list->room = room;
	}
	struct larder_part *kept = &list->at[list->count];
	*kept = *part;
	kept->etag = arena_copy (list->arena, part->etag);
	kept->checksum = arena_copy (list->arena, part->checksum);
	if ((part->etag && !kept->etag) || (part->checksum && !kept->checksum))
		return larder_fail_memory (error);
	list->count++;
	return 0;
}

static int
by_number (const void *a, const void *b)
{
	const struct larder_part *left = a, *right = b;
	return (left->number > right->number) - (left->number < right->number);
}

/* Of the whole from those of the parts, where all are told. */
static bool
crc_of_whole (const struct parts_list *list, uint64_t *ret)
{
	*ret = 0;
	for (size_t i = 0; i < list->count; i++) {
		uint64_t crc;
		if (list->at[i].checksum_type != LARDER_CHECKSUM_CRC64NVME || !list->at[i].checksum || !crc64nvme_parse (list->at[i].checksum, &crc))
			return false;
		*ret = crc64nvme_combine (*ret, crc, list->at[i].length);
	}
	return true;
}

int
parts_list_finish (struct parts_list *list, struct larder_store *store, struct larder_arena *arena, const struct larder_put *put,
                   const struct larder_upload *upload, uint64_t length, struct larder_info *ret_info, struct larder_error *error)
{
	uint64_t crc;
	if (list->count > 1)
		qsort (list->at, list->count, sizeof *list->at, by_number);
	bool known = crc_of_whole (list, &crc);
	return store_parts_finish (store, arena, put, upload, list->at, list->count, length, known ? &crc : NULL, ret_info, error);
}

void
parts_list_free (struct parts_list *list)
{
	free (list->at);
	*list = (struct parts_list) { .at = NULL };
}
