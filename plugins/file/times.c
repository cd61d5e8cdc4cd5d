/* times.c: when a lease ends.
 *
 * On the machine that took it: by the boot clock, which never jumps and counts suspension. That it is this machine, since
 * this boot and in this time namespace, says the text `boot` beside it. On any other machine no clock of ours can be
 * compared with the holder's. The clock of whoever serves the files (an NFS server; the kernel, for a local disk) can: each
 * change notes its time, found by writing a byte and asking for the file's mtime, and who comes asks again. So wrong clocks
 * of workers change nothing; a jump of the server's own clock ahead by a lease's length ends leases of other machines early,
 * one back makes them end later, by no more than a lease's length from when somebody comes. Who only looks writes
 * nothing, and goes by the wall clock here. */
#include "lock-file.h"

#include <errno.h>

int64_t
times_left (const struct locks *locks, struct lock_file *file, bool look)
{
	struct lease_record *record = &file->record;
	if (!*record->owner)
		return 0;
	if (lease_is_here (record, locks->boot))
		return lease_within (record->boot_end - larder_host->boot (), record->length);
	int64_t now = look ? larder_host->wall () : slots_served (file);
	if (now < 0 || look || now >= record->served)
		return now < 0 ? now : lease_within (record->served_end - now, record->length);
	/* The server's clock went back: from here on it runs anew, so that it ends. */
	struct lease_record again = *record;
	again.served = now;
	again.served_end = now + record->length;
	return slots_write (locks, file, &again, NULL) < 0 ? -EIO : record->length;
}

int
times_set (const struct locks *locks, const struct lock_file *file, struct lease_record *record, int64_t length)
{
	int64_t now = slots_served (file);
	if (now < 0)
		return (int) now;
	record->length = length;
	record->boot = locks->boot;
	record->boot_end = larder_host->boot () + length;
	record->served = now;
	record->served_end = now + length;
	return 0;
}
