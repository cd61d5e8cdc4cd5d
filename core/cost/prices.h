/* prices.h: a price table: what things cost, by which lines of infrastructure, from which source. Data; nothing of it is guessed. */
#ifndef LARDER_COST_PRICES_H
#define LARDER_COST_PRICES_H

#include <larder/types.h>
#include "arena.h"

/* [price "storage GLACIER_IR"] */
struct price {
	const char *name;
	const char *amount;              /* exact decimal, "0.005" */
	const char *unit;                /* "a GB-month" */
	const char *source;
	const char *const *of;           /* what begins to cost it: TYPE, TYPE PATH or TYPE PATH=VALUE, with [*] for any member, and at the end of a VALUE * for any rest */
	size_t of_count;
	const char *with;                /* PATH or PATH=VALUE: such a line is to be there, too; NULL: none */
	const char *storage_class;       /* key "class": told of stores of this class, and of those that name none; NULL: of any */
	int64_t least;                   /* ns for which it is paid at the least; 0: as long as it is there */
	int64_t within;                  /* ns that the service takes for it, at the most; 0: at once */
	uint64_t smallest;               /* bytes that are paid for an object that has less */
	uint64_t each, each_standard;    /* bytes that are paid for each object beside its own, at this price and at that of "storage STANDARD" */
	const struct price *next;
};

struct prices {
	const char *currency, *region, *date;
	const struct price *first;       /* in the order of the file */
};

/* prices/NAME.ini beside the pipeline file. INVALID with file and line. All in the arena. */
int prices_read (struct larder_arena *arena, const char *pipeline, const char *name, const struct prices **ret, struct larder_error *error);
/* NULL: the table does not know. */
const struct price *prices_find (const struct prices *prices, const char *name);
/* The exact product, "0.015". NULL: no memory, or more than is counted in. */
char *price_times (struct larder_arena *arena, const struct price *price, uint64_t count);
/* What `count` costs at a price for each `per`, in millionths, begun ones whole. False: more than is counted in. */
bool price_share (const struct price *price, uint64_t count, uint64_t per, uint64_t *ret);
#define PRICE_GB (UINT64_C (1) << 30)
/* So many millionths, "0.000245". NULL: no memory. */
char *price_text (struct larder_arena *arena, uint64_t millionths);
/* Of one store's class: "storage CLASS". NULL: nobody knows. `prices` NULL: no table. */
const struct price *prices_of_class (const struct prices *prices, const char *storage_class);
/* Is it written as an amount is: digits, and a point with digits behind it? */
bool price_is_amount (const char *text);
/* Does a line of this type cost it? `path` NULL: the thing as a whole. Pure. */
bool price_is_of (const struct price *price, const char *type, const char *path, const char *value);
/* Is it the line that is to be there beside those? Pure. */
bool price_is_with (const struct price *price, const char *path, const char *value);

#endif
