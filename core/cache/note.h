/* note.h: what the holder of a model's lock writes into its lease, for those who wait. */
#ifndef LARDER_CACHE_NOTE_H
#define LARDER_CACHE_NOTE_H

#include <stdbool.h>
#include <stdint.h>

/* "vm pid 7, 12582912 of 62914560 bytes in 34 s" */
struct note {
	char holder[128];                /* "vm pid 7"; of others, that lock in their own way, all they say */
	uint64_t done, total;            /* bytes; total 0: not told */
	int64_t spent;                   /* ns */
};
enum { NOTE_ROOM = 224 };

void note_begin (struct note *ret);      /* this process, which has done nothing so far */
void note_write (const struct note *note, char ret[NOTE_ROOM]);
void note_read (const char *text, struct note *ret);
/* For people: "vm pid 7, 12.0 MiB of 60.0 MiB in 34.0 s". */
void note_tell (const struct note *note, char ret[NOTE_ROOM]);

#endif
