/* arguments.c: names and values that an action comes with, and tells. */
#include "arguments.h"

#include <string.h>

#include "error.h"

int
arguments_read (const char *action, const struct larder_pairs *given, const struct argument *known, struct larder_error *error)
{
	for (size_t n = 0; n < given->count; n++) {
		const struct larder_pair *one = larder_pair_at (given, n);
		const struct argument *at = known;
		while (at->name && strcmp (at->name, one->name) != 0)
			at++;
		if (!at->name)
			return larder_fail (error, LARDER_E_INVALID, "action '%s' has no argument '%s'", action, one->name);
		*at->ret = one->value;
	}
	return 0;
}

const char *
pairs_value (const struct larder_pairs *pairs, const char *name)
{
	for (size_t n = 0; n < pairs->count; n++)
		if (strcmp (larder_pair_at (pairs, n)->name, name) == 0)
			return larder_pair_at (pairs, n)->value;
	return NULL;
}
