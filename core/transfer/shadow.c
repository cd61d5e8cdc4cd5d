/* shadow.c: a key and a folder of one name. Keys come in byte order, so `a` comes before `a/b`, with names such as `a.txt`
 * between them: of the two the file goes in and what lies below it is refused, the same in every run. */
#include "transfer.h"

#include <stdlib.h>
#include <string.h>

#include "error.h"

/* The keys whose folder may still come, each below the one before. */
struct shadow { struct shadow *below; size_t length; char key[]; };

static void
pop (struct shadow **top)
{
	struct shadow *gone = *top;
	*top = gone->below;
	free (gone);
}

/* Are all keys of `key`/ behind us? '0' is the byte after '/'. */
static bool
is_passed (const struct shadow *shadow, const char *key)
{
	int order = strncmp (key, shadow->key, shadow->length);
	return order > 0 || (order == 0 && (unsigned char) key[shadow->length] > '/');
}

void
shadow_clear (struct shadow **top)
{
	while (*top)
		pop (top);
}

const char *
shadow_over (struct shadow **top, const char *key)
{
	while (*top && is_passed (*top, key))
		pop (top);
	for (const struct shadow *at = *top; at; at = at->below)
		if (strncmp (key, at->key, at->length) == 0 && key[at->length] == '/')
			return at->key;
	return NULL;
}

int
shadow_push (struct shadow **top, const char *key, struct larder_error *error)
{
	size_t length = strlen (key);
	while (*top && is_passed (*top, key))
		pop (top);
	struct shadow *shadow = malloc (sizeof *shadow + length + 1);
	if (!shadow)
		return larder_fail_memory (error);
	*shadow = (struct shadow) { *top, length };
	memcpy (shadow->key, key, length + 1);
	*top = shadow;
	return 0;
}

int
shadow_check (struct shadow **top, const char *key, struct larder_error *error)
{
	size_t length = strlen (key);
	const char *over = shadow_over (top, key);
	if (over)
		return larder_fail_next (error, LARDER_E_INVALID, "copy it alone, to a name of your choice",
			"no file can be called '%s': '%s' is a file there", key, over);
	return length == 0 || key[length - 1] == '/' ? 0 : shadow_push (top, key, error);
}
