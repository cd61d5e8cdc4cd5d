/* give.h: for modules: what outlives an operation, in the arena of its call. */
#ifndef LARDER_BASE_GIVE_H
#define LARDER_BASE_GIVE_H

#include <larder/types.h>

#include <string.h>

/* NULL for NULL, and where there is no memory. */
static inline char *
give_text (struct larder_call *call, const char *text)
{
	size_t length = text ? strlen (text) + 1 : 0;
	char *copy = text ? larder_host->arena (call, length) : NULL;
	return copy ? memcpy (copy, text, length) : NULL;
}

#endif
