/* bill.h: what an archive costs a month, by the price table of [larder] prices. */
#ifndef LARDER_ARCHIVE_BILL_H
#define LARDER_ARCHIVE_BILL_H

#include <larder/larder.h>
#include "prices.h"

/* So many objects of one class. */
struct bill {
	const struct prices *prices;     /* NULL: no table */
	const struct price *price;       /* of the class; NULL: the table does not know it */
	uint64_t objects, bytes;
	uint64_t billed;                 /* what is paid for, at the price of the class */
};

/* Empty, of objects of this class, which may be NULL: nobody knows. INVALID a table that is none. */
int bill_begin (struct bill *bill, struct larder *larder, struct larder_arena *arena, const char *storage_class, struct larder_error *error);
void bill_add (struct bill *bill, uint64_t bytes);
/* The objects of another of the same class. */
void bill_take (struct bill *bill, const struct bill *other);
/* "0.0123" a month. NULL: nobody knows. */
const char *bill_month (const struct bill *bill, struct larder_arena *arena);

/* Has the table a price of fetching from that class? Without a table it may be. */
bool bill_is_archived (const struct prices *prices, const char *storage_class);
/* What it costs to have these for some days, in millionths: fetched, asked for, and kept as copies. False: nobody knows. `ret_within`: ns until they can be
 * read; 0: not known. */
bool bill_retrieval (const struct prices *prices, const char *storage_class, const char *tier, uint64_t objects, uint64_t bytes, uint32_t days, uint64_t *ret, int64_t *ret_within);

#endif
