/* lease.h: what the lock providers share. Texts live in the arena of the call that they were made in. */
#ifndef PLUGINS_LEASE_LEASE_H
#define PLUGINS_LEASE_LEASE_H

#define LARDER_API_VERSION 0
#include <larder/lock.h>

#include "buffer.h"

enum { TOKEN_ROOM = 33, OWNER_ROOM = 65, NAME_MOST = 1000, NOTE_MOST = 4000 };

/* One lock, as file and store keep it. It stays when nobody holds it: the fence is in it. */
struct lease_record {
	const char *name;
	uint64_t fence;
	uint64_t turn;           /* grows with every change: no two states of a lock are the same bytes */
	const char *owner;       /* digest of the holder's token, "" when nobody holds it: who can read cannot renew */
	int64_t length;          /* ns, as last given */
	const char *note;
	const char *boot;        /* file: what clock `boot_end` is on, "" in none */
	int64_t boot_end;
	int64_t served, served_end; /* file: by the clock of who serves the files, when it was written and when it ends */
};

/* One JSON object without line feed; the buffer fails when memory runs out. */
void lease_write (struct buffer *into, const struct lease_record *record);
/* -1 when the text is no such record, or memory runs out. */
int lease_read (struct larder_call *call, const char *text, size_t count, struct lease_record *ret);

void lease_token (char ret[TOKEN_ROOM]);
void lease_owner (const char *token, char ret[OWNER_ROOM]);
bool lease_owns (const struct lease_record *record, const char *token);

/* LIMIT for a name or note that is too long, INVALID for a lock without name or a lease without length. */
int lease_check (const char *name, int64_t length, const char *note, struct larder_error *error);
char *lease_copy (struct larder_call *call, const char *text);
/* What try_acquire (with a token) and holder (NULL) give. */
int lease_tell (struct larder_call *call, const struct lease_record *record, const char *token, int64_t left, struct larder_lease *ret,
                struct larder_error *error);

int lease_fail_held (const char *name, const char *note, int64_t left, struct larder_error *error);  /* CONFLICT */
int lease_fail_lost (const char *name, struct larder_error *error);                                  /* CONFLICT */
int lease_fail_free (const char *name, struct larder_error *error);                                  /* NOTFOUND */
int lease_fail_cancelled (const char *name, struct larder_error *error);

#endif
