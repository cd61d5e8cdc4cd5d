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

#endif
