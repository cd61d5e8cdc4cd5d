/* names.h: things that go by two words, found without looking at all of them. */
#ifndef LARDER_BASE_NAMES_H
#define LARDER_BASE_NAMES_H

#include <stdint.h>
#include "arena.h"

struct name;

/* In the arena of whoever began it. */
struct names { struct larder_arena *arena; struct name **slots; size_t count, room; };

void names_begin (struct names *names, struct larder_arena *arena);
/* `thing`: a pointer or a number, the caller's; the words are kept by him, too. -1: no memory. */
int names_add (struct names *names, const char *kind, const char *word, uintptr_t thing);
/* In the order in which they were added: the first that goes by these words, or the next after one; NULL: no more. */
const struct name *names_next (const struct names *names, const char *kind, const char *word, const struct name *after);
uintptr_t name_thing (const struct name *name);

#endif
