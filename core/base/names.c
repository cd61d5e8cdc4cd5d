/* names.c: a table of two words each. */
#include "names.h"

#include <string.h>

struct name {
	const char *kind, *word;
	uintptr_t thing;
	uint32_t hash;
	struct name *next;               /* of the same slot, later */
};

/* FNV-1a, a NUL between the two. */
static uint32_t
hash_of (const char *kind, const char *word)
{
	uint32_t hash = UINT32_C (2166136261);
	for (; *kind; kind++)
		hash = (hash ^ (unsigned char) *kind) * UINT32_C (16777619);
	for (hash *= UINT32_C (16777619); *word; word++)
		hash = (hash ^ (unsigned char) *word) * UINT32_C (16777619);
	return hash;
}

/* Behind those that were there before. */
static void
put (struct name **slots, size_t room, struct name *name)
{
	struct name **at = &slots[name->hash & (room - 1)];
	while (*at)
		at = &(*at)->next;
	name->next = NULL;
	*at = name;
}

static int
grow (struct names *names)
{
	size_t room = names->room ? 4 * names->room : 64;
	struct name **slots = arena_alloc (names->arena, room * sizeof *slots);
	if (!slots)
		return -1;
	for (size_t n = 0; n < names->room; n++)
		for (struct name *name = names->slots[n], *next; name; name = next) {
			next = name->next;
			put (slots, room, name);
		}
	names->slots = slots;
	names->room = room;
	return 0;
}

void
names_begin (struct names *names, struct larder_arena *arena)
{
	*names = (struct names) { .arena = arena };
}

int
names_add (struct names *names, const char *kind, const char *word, uintptr_t thing)
{
	struct name *name = arena_alloc (names->arena, sizeof *name);
	if (!name || (names->count == names->room && grow (names) < 0))
		return -1;
	*name = (struct name) { .kind = kind, .word = word, .thing = thing, .hash = hash_of (kind, word) };
	put (names->slots, names->room, name);
	names->count++;
	return 0;
}

const struct name *
names_next (const struct names *names, const char *kind, const char *word, const struct name *after)
{
	uint32_t hash = hash_of (kind, word);
	const struct name *at = after ? after->next : names->room ? names->slots[hash & (names->room - 1)] : NULL;
	while (at && (at->hash != hash || strcmp (at->kind, kind) != 0 || strcmp (at->word, word) != 0))
		at = at->next;
	return at;
}

uintptr_t
name_thing (const struct name *name)
{
	return name->thing;
}
