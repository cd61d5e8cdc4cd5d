/* driver-lossy.c: a store that loses something on the way and says that all is well: of a key that ends in "lossy" it
 * keeps the last byte wrong, of one that ends in "short" it keeps no last byte. All else is the mock's. */
#define LARDER_API_VERSION 0
#include <larder/driver.h>
#include "inner.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A test's module: the table of the other driver cannot be known before the entry is called. */
static struct larder_driver inner, lossy;

struct losing { const struct larder_source *source; uint64_t length; bool flip; };

static int64_t
lossy_pread (void *context, void *into, size_t count, uint64_t offset, struct larder_error *error)
{
	const struct losing *losing = context;
	uint64_t left = offset < losing->length ? losing->length - offset : 0;
	if (left == 0)
		return 0;
	int64_t got = losing->source->pread (losing->source->context, into, count < left ? count : (size_t) left, offset, error);
	if (losing->flip && got > 0 && (uint64_t) got == left)
		((char *) into)[got - 1] ^= 1;
	return got;
}

static int
lossy_write (void *self, struct larder_call *call, const struct larder_write *request, const struct larder_source *source,
             struct larder_info *ret_info, struct larder_error *error)
{
	const char *dot = strrchr (request->key, '.');
	bool flip = dot && strcmp (dot, ".lossy") == 0, cut = dot && strcmp (dot, ".short") == 0;
	if (!flip && !cut)
		return inner.write (self, call, request, source, ret_info, error);
	struct losing losing = { source, source->length - (cut && source->length > 0), flip };
	struct larder_source changed = { .size = sizeof changed, .context = &losing, .length = losing.length, .pread = lossy_pread };
	struct larder_write kept = *request;
	kept.checksum_type = LARDER_CHECKSUM_NONE;   /* it would have been noticed */
	kept.checksum = NULL;
	return inner.write (self, call, &kept, &changed, ret_info, error);
}

LARDER_EXPORT const struct larder_head *
larder_module_entry (const struct larder_host *host)
{
	if (!inner_load (host, &inner))
		return NULL;
	lossy = inner;
	lossy.name = "lossy";
	lossy.write = lossy_write;
	lossy.copy = NULL;   /* so that a copy goes through write */
	return &lossy.head;
}
