/* early.c: what is removed before it was paid for long enough, and what that costs: by what listings tell of each object, and no further request for any. */
#define LARDER_API_VERSION LARDER_API_CURRENT
#include <larder/larder.h>
#include <larder/driver.h>

#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "clock.h"
#include "error.h"
#include "prices.h"
#include "store.h"

/* Of one class in one store. */
struct part {
	const char *store;
	const struct price *price;
	uint64_t objects, bytes, byte_days;
	int64_t longest;
	bool plain;                      /* objects, not versions of them: where versions are kept none of these goes */
	struct part *next;
};

struct larder_early {
	struct larder *larder;
	struct larder_arena *arena, *each;
	const struct prices *prices;
	struct part *first;
};

int
larder_early_begin (struct larder *larder, struct larder_early **ret, struct larder_error *error)
{
	const struct schema_larder *settings = larder_settings_of (larder);
	struct larder_early *early = calloc (1, sizeof *early);
	if (!early)
		return larder_fail_memory (error);
	*early = (struct larder_early) { .larder = larder, .arena = arena_new (), .each = arena_new () };
	int code = !early->arena || !early->each ? larder_fail_memory (error)
		: settings && settings->prices ? prices_read (early->arena, config_path (larder_configuration (larder)), settings->prices, &early->prices, error) : 0;
	if (code < 0)
		larder_early_free (early);
	else
		*ret = early;
	return code;
}

/* "images", and of what no [store] tells of "s3://bucket". NULL: in no store. */
static const char *
store_of (const struct larder_early *early, const char *from)
{
	struct larder_address address = { .size = sizeof address };
	arena_clear (early->each);
	return larder_address_parse (early->larder, early->each, from, &address, NULL) == 0 ? address.store : NULL;
}

static struct part *
part_of (struct larder_early *early, const char *store, const struct price *price, bool plain)
{
	for (struct part *at = early->first; at; at = at->next)
		if (at->price == price && at->plain == plain && strcmp (at->store, store) == 0)
			return at;
	struct part *made = arena_alloc (early->arena, sizeof *made);
	const char *kept = made ? arena_copy (early->arena, store) : NULL;
	if (!kept)
		return NULL;
	*made = (struct part) { .store = kept, .price = price, .plain = plain, .next = early->first };
	return early->first = made;
}

void
larder_early_add (struct larder_early *early, const struct larder_event *event)
{
	const struct price *price = event->storage_class ? prices_of_class (early->prices, event->storage_class) : NULL;
	int64_t left = price && price->least ? price->least - (clock_wall () - event->written) : 0;
	const char *store = left > 0 && event->from ? store_of (early, event->from) : NULL;
	struct part *part = store ? part_of (early, store, price, !event->version) : NULL;
	if (!part)
		return;
	uint64_t paid = (event->length < price->smallest ? price->smallest : event->length) + price->each;
	part->objects++;
	part->bytes += event->length;
	part->byte_days += paid * (uint64_t) ((left + NS_PER_DAY - 1) / NS_PER_DAY);
	part->longest = left > part->longest ? left : part->longest;
}

/* Where the bucket keeps versions what was removed is still there, and paid for as before. */
static bool
stays (const struct larder_early *early, const struct part *part)
{
	struct larder_store *store = NULL;
	uint32_t state = 0;
	bool known = false;
	bool on = part->plain && larder_store_open (early->larder, part->store, &store, NULL) == 0 && store_versioning (store, &state, &known, NULL) == 0 && known && state == LARDER_VERSIONING_ON;
	larder_store_close (store);
	return on;
}

void
larder_early_each (struct larder_early *early, void (*each) (void *context, const struct larder_early_cost *cost), void *context)
{
	for (const struct part *at = early->first; at; at = at->next) {
		uint64_t sum = 0;
		if (stays (early, at) || !price_share (at->price, at->byte_days / 30, PRICE_GB, &sum))
			continue;
		each (context, &(const struct larder_early_cost) {
			.size = sizeof (struct larder_early_cost), .store = at->store, .storage_class = strrchr (at->price->name, ' ') + 1, .objects = at->objects, .bytes = at->bytes,
			.sum = price_text (early->arena, sum), .currency = early->prices->currency, .least = at->price->least, .longest = at->longest,
		});
	}
}

void
larder_early_free (struct larder_early *early)
{
	if (early) {
		arena_free (early->arena);
		arena_free (early->each);
	}
	free (early);
}
