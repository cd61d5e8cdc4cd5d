/* bill.c: bytes that are paid for, which are more than there are. */
#include "bill.h"

#include <stdio.h>
#include <string.h>

#include "arena.h"
#include "store.h"

int
bill_begin (struct bill *bill, struct larder *larder, struct larder_arena *arena, const char *storage_class, struct larder_error *error)
{
	const struct schema_larder *settings = larder_settings_of (larder);
	*bill = (struct bill) { .prices = NULL };
	int code = settings && settings->prices ? prices_read (arena, config_path (larder_configuration (larder)), settings->prices, &bill->prices, error) : 0;
	bill->price = code == 0 && storage_class ? prices_of_class (bill->prices, storage_class) : NULL;
	return code;
}

void
bill_add (struct bill *bill, uint64_t bytes)
{
	uint64_t least = bill->price ? bill->price->smallest : 0;
	bill->objects++;
	bill->bytes += bytes;
	bill->billed += (bytes < least ? least : bytes) + (bill->price ? bill->price->each : 0);
}

void
bill_take (struct bill *bill, const struct bill *other)
{
	bill->objects += other->objects;
	bill->bytes += other->bytes;
	bill->billed += other->billed;
}

/* Some of what is paid for each object is paid as STANDARD. */
const char *
bill_month (const struct bill *bill, struct larder_arena *arena)
{
	const struct price *standard = bill->price && bill->price->each_standard ? prices_of_class (bill->prices, "STANDARD") : NULL;
	if (!bill->price || (bill->price->each_standard && !standard))
		return NULL;
	uint64_t own = 0, beside = 0;
	bool fits = price_share (bill->price, bill->billed, PRICE_GB, &own) && (!standard || price_share (standard, bill->objects * bill->price->each_standard, PRICE_GB, &beside));
	return fits ? price_text (arena, own + beside) : NULL;
}

/* ---- getting it back ---- */

static const struct price *
find (const struct prices *prices, const char *what, const char *storage_class, const char *tier)
{
	char name[120];
	snprintf (name, sizeof name, "%s %s %s", what, storage_class, tier);
	return prices_find (prices, name);
}

bool
bill_is_archived (const struct prices *prices, const char *storage_class)
{
	const char *const what = "retrieval ";
	for (const struct price *price = prices ? prices->first : NULL; price; price = price->next) {
		const char *class = strncmp (price->name, what, strlen (what)) == 0 ? price->name + strlen (what) : "";
		size_t length = strlen (storage_class);
		if (strncmp (class, storage_class, length) == 0 && class[length] == ' ')
			return true;
	}
	return !prices;
}

/* A month of what was restored: as a rule it is a copy in STANDARD. */
static const struct price *
kept_copy (const struct prices *prices, const char *storage_class)
{
	char name[120];
	snprintf (name, sizeof name, "restored %s", storage_class);
	const struct price *own = prices_find (prices, name);
	return own ? own : prices_of_class (prices, "STANDARD");
}

bool
bill_retrieval (const struct prices *prices, const char *storage_class, const char *tier, uint64_t objects, uint64_t bytes, uint32_t days, uint64_t *ret, int64_t *ret_within)
{
	const struct price *fetched = find (prices, "retrieval", storage_class, tier), *asked = find (prices, "restore", storage_class, tier), *kept = kept_copy (prices, storage_class);
	uint64_t fetching = 0, asking = 0, keeping = 0;
	*ret_within = fetched ? fetched->within : 0;
	if (!fetched || !kept || !price_share (fetched, bytes, PRICE_GB, &fetching) || (asked && !price_share (asked, objects, 1000, &asking)) || !price_share (kept, bytes, PRICE_GB, &keeping))
		return false;
	*ret = fetching + asking + (keeping * days + 29) / 30;
	return true;
}
