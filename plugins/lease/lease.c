/* lease.c: tokens, and what providers say of a lock. */
#include "lease.h"

#include "checksum.h"
#include "error.h"
#include "random.h"
#include "text.h"

void
lease_token (char ret[TOKEN_ROOM])
{
	unsigned char secret[(TOKEN_ROOM - 1) / 2];
	random_bytes (secret, sizeof secret);
	text_hex (secret, sizeof secret, ret);
}

void
lease_owner (const char *token, char ret[OWNER_ROOM])
{
	sha256_hex (token, strlen (token), ret);
}

bool
lease_owns (const struct lease_record *record, const char *token)
{
	char owner[OWNER_ROOM];
	lease_owner (token ? token : "", owner);
	return strcmp (record->owner, owner) == 0;
}

int
lease_check (const char *name, int64_t length, const char *note, struct larder_error *error)
{
	if (!name || !*name)
		return larder_fail (error, LARDER_E_INVALID, "a lock has no name");
	if (strlen (name) > NAME_MOST)
		return larder_fail (error, LARDER_E_LIMIT, "the name of a lock has %zu bytes, it has at most %d", strlen (name), NAME_MOST);
	if (length <= 0)
		return larder_fail (error, LARDER_E_INVALID, "the lease of lock '%s' would end before it begins", name);
	if (note && strlen (note) > NOTE_MOST)
		return larder_fail (error, LARDER_E_LIMIT, "the note of lock '%s' has %zu bytes, it has at most %d", name, strlen (note), NOTE_MOST);
	return 0;
}

char *
lease_copy (struct larder_call *call, const char *text)
{
	size_t room = strlen (text) + 1;
	char *copy = larder_host->arena (call, room);
	return copy ? memcpy (copy, text, room) : NULL;
}

static int
tell (struct larder_call *call, const struct lease_record *record, const char *token, int64_t left, struct larder_lease *ret, struct larder_error *error)
{
	const struct larder_lease lease = {
		.size = sizeof lease, .name = lease_copy (call, record->name), .token = lease_copy (call, token), .fence = record->fence, .length = left,
		.note = lease_copy (call, record->note),
	};
	if (!lease.name || !lease.token || !lease.note)
		return larder_fail_memory (error);
	larder_give (ret, &lease);
	return 0;
}

int
lease_tell (struct larder_call *call, const struct lease_record *record, int64_t left, struct larder_lease *ret, struct larder_error *error)
{
	return tell (call, record, "", left, ret, error);
}

int
lease_tell_taken (struct larder_call *call, const struct lease_record *record, const char *token, struct larder_lease *ret, struct larder_error *error)
{
	int64_t left = record->boot_end - larder_host->boot ();
	if (left <= 0)
		return larder_fail_next (error, LARDER_E_UNAVAILABLE, "take it for longer", "taking lock '%s' took longer than its lease", record->name);
	return tell (call, record, token, left, ret, error);
}

int
lease_fail_held (const char *name, const char *note, int64_t left, struct larder_error *error)
{
	char time[32];
	bool noted = note && *note, ends = left != LEASE_ENDLESS;
	return larder_fail_next (error, LARDER_E_CONFLICT, "wait for its end, or for what its holder is at", "lock '%s' is held%s%.200s%s%s%s", name,
		noted ? " by '" : "", noted ? note : "", noted ? "'" : "", ends ? " for another " : " without end",
		ends ? text_from_duration (left > 0 ? left : 0, time) : "");
}

int
lease_fail_lost (const char *name, struct larder_error *error)
{
	return larder_fail_next (error, LARDER_E_CONFLICT, "stop what it was taken for, and look at what is there now", "lock '%s' is no longer ours", name);
}

int
lease_fail_free (const char *name, struct larder_error *error)
{
	return larder_fail (error, LARDER_E_NOTFOUND, "nobody holds lock '%s'", name);
}

int
lease_fail_cancelled (const char *name, struct larder_error *error)
{
	return larder_fail (error, LARDER_E_CANCELLED, "cancelled at lock '%s'", name);
}
