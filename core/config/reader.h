/* reader.h: INI text into sections and entries.
 *
 * The rules, which inih alone does not keep: a section is [kind "name"] or [kind]; a line that begins with
 * white space is an error (inih would append it to the value above); `;` or `#` starts a comment at the start
 * of a line, or after white space outside quotes; "…" with \" and \\ quotes a value or a list item; a
 * backslash at the end of a line, outside quotes, continues the value on the next; ${VAR}, ${VAR:-default} and $$ are
 * expanded and their result is never parsed again. */
#ifndef LARDER_CONFIG_READER_H
#define LARDER_CONFIG_READER_H

#include <stdbool.h>
#include <larder/types.h>
#include "arena.h"

struct ini_value {
	const char *text;             /* as a single value; NULL when it is only well formed as a list */
	const char *const *items;     /* as a list */
	size_t count;
	bool cut;                     /* a comment was cut off behind it */
	bool blank;                   /* nothing but ${…:-} without a default, and no variable set: as if it were not written */
	const char *unset;            /* a variable that is not set, and whose default stands in it; NULL: none */
};

struct ini_entry {
	const char *key;
	struct ini_value value;
	unsigned line;
	struct ini_entry *next;
};

struct ini_section {
	const char *kind, *name;      /* name "" when there is none */
	unsigned line;
	struct ini_entry *entries;
	struct ini_section *next;
	bool damaged;                 /* a line of it was told as a problem, and is not here */
};

typedef const char *(*ini_lookup_fn) (void *context, const char *name);

/* Parse `text`; sections in order. Errors carry file and line. */
int ini_read (struct larder_arena *arena, const char *file, const char *text, size_t length, ini_lookup_fn lookup, void *context,
              struct ini_section **ret, struct larder_error *error);

/* The same for whoever wants all problems: what can be read is read. */
struct problems;
int ini_read_all (struct larder_arena *arena, const char *file, const char *text, size_t length, ini_lookup_fn lookup, void *context,
                  struct problems *problems, struct ini_section **ret, struct larder_error *error);

int ini_fail (struct larder_error *error, const char *file, unsigned line, const char *format, ...) LARDER_PRINTF (4, 5);

#endif
