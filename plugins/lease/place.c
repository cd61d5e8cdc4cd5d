/* place.c: what a lock is called where leases are kept, and what clock is whose. */
#include "lease.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "cleanup.h"
#include "file.h"

enum { READABLE_MOST = 150 };

/* Small letters, digits, '.', '-' and '_' stay, all else is %XX. A long name goes on as its digest, behind a '+' which no other
 * has. */
void
lease_name (const char *name, char ret[LEASE_NAME_ROOM])
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyz0123456789-_";
	size_t length = 0;
	const char *at = name;
	for (; *at && length < READABLE_MOST; at++) {
		bool stays = strchr (plain, *at) || (*at == '.' && length);
		length += (size_t) snprintf (ret + length, LEASE_NAME_ROOM - length, stays ? "%c" : "%%%02X", (unsigned char) *at);
	}
	if (*at) {
		char digest[OWNER_ROOM];
		lease_owner (name, digest);
		length += (size_t) snprintf (ret + length, LEASE_NAME_ROOM - length, "+%s", digest);
	}
	(void) snprintf (ret + length, LEASE_NAME_ROOM - length, ".lock");
}

void
lease_boot (const char *instead, char ret[LEASE_BOOT_ROOM])
{
	char id[40] = "", zone[64] = "";
	CLEANUP_CLOSE int fd = open ("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
	int64_t got = fd < 0 ? -1 : file_read_all (fd, id, 36);
	ssize_t length = readlink ("/proc/self/ns/time", zone, sizeof zone - 1);
	ret[0] = '\0';
	if (instead)
		(void) snprintf (ret, LEASE_BOOT_ROOM, "%s", instead);
	else if (got == 36)
		(void) snprintf (ret, LEASE_BOOT_ROOM, "%s %.*s", id, (int) (length > 0 ? length : 0), zone);
}

bool
lease_is_here (const struct lease_record *record, const char *boot)
{
	return *boot && record->boot && strcmp (record->boot, boot) == 0;
}

int64_t
lease_within (int64_t left, int64_t length)
{
	return left < 0 ? 0 : left < length ? left : length;
}
