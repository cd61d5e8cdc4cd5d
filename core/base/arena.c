/* arena.c: blocks of memory in a list, given back all at once, and wiped: keys, tokens and whole requests that name them are copied into arenas. */
#include "arena.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK_FIRST = 480, BLOCK_MOST = 4000 };     /* many arenas hold next to nothing, a few much */

struct block {
	struct block *next;
	size_t used, room;
	max_align_t at[];
};

struct larder_arena { struct block *blocks; };

struct larder_arena *
arena_new (void)
{
	return calloc (1, sizeof (struct larder_arena));
}

void
arena_clear (struct larder_arena *arena)
{
	while (arena->blocks) {
		struct block *block = arena->blocks;
		arena->blocks = block->next;
		explicit_bzero (block->at, block->used);
		free (block);
	}
}

void
arena_free (struct larder_arena *arena)
{
	if (!arena)
		return;
	arena_clear (arena);
	free (arena);
}

void *
arena_alloc (struct larder_arena *arena, size_t count)
{
	const size_t align = _Alignof (max_align_t);
	if (count > SIZE_MAX - sizeof (struct block) - align)
		return NULL;
	size_t need = count ? (count + align - 1) / align * align : align;
	struct block *block = arena->blocks;
	if (!block || block->room - block->used < need) {
		size_t more = !block ? BLOCK_FIRST : block->room < BLOCK_MOST / 2 ? 2 * block->room : BLOCK_MOST, room = need > more ? need : more;
		block = calloc (1, sizeof *block + room);
		if (!block)
			return NULL;
		block->room = room;
		block->next = arena->blocks;
		arena->blocks = block;
	}
	void *at = (char *) block->at + block->used;
	block->used += need;
	return at;
}

char *
arena_copy_bytes (struct larder_arena *arena, const void *bytes, size_t count)
{
	char *copy = count < SIZE_MAX ? arena_alloc (arena, count + 1) : NULL;
	if (copy && count)
		memcpy (copy, bytes, count);
	return copy;
}

void *
arena_more (struct larder_arena *arena, void *at, size_t count, size_t *room, size_t each)
{
	size_t more = *room ? 2 * *room : 4;
	if (count < *room)
		return at;
	void *larger = more <= SIZE_MAX / 2 / each ? arena_alloc (arena, more * each) : NULL;
	if (!larger)
		return NULL;
	if (count)
		memcpy (larger, at, count * each);
	*room = more;
	return larger;
}

char *
arena_copy (struct larder_arena *arena, const char *text)
{
	return text ? arena_copy_bytes (arena, text, strlen (text)) : NULL;
}

char *
arena_printf (struct larder_arena *arena, const char *format, ...)
{
	va_list arguments, again;
	va_start (arguments, format);
	va_copy (again, arguments);
	char small[256];         /* most texts are short, and need not be printed twice */
	int length = vsnprintf (small, sizeof small, format, arguments);
	va_end (arguments);
	char *text = length < 0 ? NULL : arena_alloc (arena, (size_t) length + 1);
	if (text && (size_t) length < sizeof small)
		memcpy (text, small, (size_t) length + 1);
	else if (text)
		vsnprintf (text, (size_t) length + 1, format, again);
	va_end (again);
	return text;
}
