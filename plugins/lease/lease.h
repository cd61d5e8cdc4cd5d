/* lease.h: what the lock providers share. Texts live in the arena of the call that they were made in. */
#ifndef PLUGINS_LEASE_LEASE_H
#define PLUGINS_LEASE_LEASE_H

#define LARDER_API_VERSION 0
#include <larder/lock.h>

#include "buffer.h"

enum { TOKEN_ROOM = 33, OWNER_ROOM = 65, NAME_MOST = 1000, NOTE_MOST = 4000, LEASE_BOOT_ROOM = 120, LEASE_NAME_ROOM = 256 };

/* One lock, as file and store keep it. It stays when nobody holds it: the fence is in it. */
struct lease_record {
	const char *name;
	uint64_t fence;
	uint64_t turn;           /* grows with every change: no two states of a lock are the same bytes */
	const char *owner;       /* digest of the holder's token, "" when nobody holds it: who can read cannot renew */
	int64_t length;          /* ns, as last given */
	const char *note;
	const char *boot;        /* what the boot clock of the holder is the clock of */
	int64_t boot_end;        /* by it */
	int64_t served, served_end; /* file: by the clock of who serves the files, when it was written and when it ends */
};

/* One JSON object without line feed; the buffer fails when memory runs out. */
void lease_write (struct buffer *into, const struct lease_record *record);
/* -1 when the text is no such record, or memory runs out. */
int lease_read (struct larder_call *call, const char *text, size_t count, struct lease_record *ret);

/* What the boot clock here is the clock of: this machine since this boot, in this time namespace; "" where that cannot be told.
 * `instead` (or NULL) is for tests. */
void lease_boot (const char *instead, char ret[LEASE_BOOT_ROOM]);
/* Was it taken by a process with the same boot clock? */
bool lease_is_here (const struct lease_record *record, const char *boot);
/* What is left of a lease of `length`, when its end is `left` from now: never less than nothing, nor more than all of it. */
int64_t lease_within (int64_t left, int64_t length);
/* One name of a file or key for each name of a lock, also where letters are folded. */
void lease_name (const char *name, char ret[LEASE_NAME_ROOM]);

void lease_token (char ret[TOKEN_ROOM]);
void lease_owner (const char *token, char ret[OWNER_ROOM]);
bool lease_owns (const struct lease_record *record, const char *token);

/* LIMIT for a name or note that is too long, INVALID for a lock without name or a lease without length. */
int lease_check (const char *name, int64_t length, const char *note, struct larder_error *error);
char *lease_copy (struct larder_call *call, const char *text);
/* What holder gives. */
int lease_tell (struct larder_call *call, const struct lease_record *record, int64_t left, struct larder_lease *ret, struct larder_error *error);
/* What try_acquire gives: what is left of a lease until record->boot_end. UNAVAILABLE when taking it took all of it. */
int lease_tell_taken (struct larder_call *call, const struct lease_record *record, const char *token, struct larder_lease *ret, struct larder_error *error);

#define LEASE_ENDLESS INT64_MAX    /* held by somebody who set no end */
int lease_fail_held (const char *name, const char *note, int64_t left, struct larder_error *error);  /* CONFLICT */
int lease_fail_lost (const char *name, struct larder_error *error);                                  /* CONFLICT */
int lease_fail_free (const char *name, struct larder_error *error);                                  /* NOTFOUND */
int lease_fail_cancelled (const char *name, struct larder_error *error);

#endif
