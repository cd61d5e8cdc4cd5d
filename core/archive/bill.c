/* bill.c: bytes that are paid for, which are more than there are. */
#include "bill.h"

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
	bool fits = price_of_bytes (bill->price, bill->billed, &own) && (!standard || price_of_bytes (standard, bill->objects * bill->price->each_standard, &beside));
	return fits ? price_text (arena, own + beside) : NULL;
}
