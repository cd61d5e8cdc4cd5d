/* note.c: see note.h. No I/O: what is written is what is read. */
#include "note.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "text.h"

void
note_begin (struct note *ret)
{
	char host[65] = "?";
	(void) gethostname (host, sizeof host - 1);
	*ret = (struct note) { .done = 0 };
	snprintf (ret->holder, sizeof ret->holder, "%s pid %d", host, (int) getpid ());
}

void
note_write (const struct note *note, char ret[NOTE_ROOM])
{
	if (note->total == 0)
		snprintf (ret, NOTE_ROOM, "%s", note->holder);
	else
		snprintf (ret, NOTE_ROOM, "%s, %" PRIu64 " of %" PRIu64 " bytes in %" PRId64 " s", note->holder, note->done, note->total, note->spent / NS_PER_S);
}

void
note_read (const char *text, struct note *ret)
{
	const char *comma = strrchr (text, ',');
	int end = 0;
	*ret = (struct note) { .done = 0 };
	bool told = comma && sscanf (comma, ", %" SCNu64 " of %" SCNu64 " bytes in %" SCNd64 " s%n", &ret->done, &ret->total, &ret->spent, &end) == 3 && end > 0 && comma[end] == '\0';
	if (!told || ret->spent < 0 || ret->spent > INT64_MAX / NS_PER_S) {
		*ret = (struct note) { .done = 0 };
		comma = text + strlen (text);
	}
	ret->spent *= NS_PER_S;
	snprintf (ret->holder, sizeof ret->holder, "%.*s", (int) (comma - text < (int) sizeof ret->holder ? comma - text : (int) sizeof ret->holder), text);
}

void
note_tell (const struct note *note, char ret[NOTE_ROOM])
{
	char done[32], total[32], spent[32];
	if (note->total == 0)
		snprintf (ret, NOTE_ROOM, "%s", note->holder);
	else
		snprintf (ret, NOTE_ROOM, "%s, %s of %s in %s", note->holder, text_from_size (note->done, done), text_from_size (note->total, total), text_from_duration (note->spent, spent));
}
