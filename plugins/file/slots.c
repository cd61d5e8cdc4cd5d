/* slots.c: what a lock's file holds: two slots, of which each change writes the one that is not in force, and a byte whose writing
 * tells the server's time. A slot is a checksum and a lease, in one line: half a line is no slot, and then the other one counts.
 * So nothing is renamed over anything: the file that a lock of the kernel is on stays the same, on NFS too. */
#include "lock-file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "checksum.h"
#include "clock.h"
#include "cleanup.h"
#include "error.h"
#include "file.h"

enum { SLOT = 32768, SUM = 9, CLOCK_AT = 2 * SLOT };

/* The line of one slot; -1: none that is whole. */
static int
read_slot (struct larder_call *call, const char *at, size_t count, struct lease_record *ret)
{
	const char *end = count > SUM ? memchr (at, '\n', count) : NULL;
	char sum[SUM + 1];
	if (!end || end - at <= SUM)
		return -1;
	size_t length = (size_t) (end - at) - SUM;
	snprintf (sum, sizeof sum, "%08x ", crc32c (0, at + SUM, length));
	return memcmp (at, sum, SUM) == 0 ? lease_read (call, at + SUM, length, ret) : -1;
}

static int
fail_damaged (const struct locks *locks, const char *name, struct larder_error *error)
{
	return larder_fail_next (error, LARDER_E_INTEGRITY, "when no worker runs, remove the file", "the file of lock '%s' in '%s' is damaged", name, locks->root);
}

int
slots_read (const struct locks *locks, struct larder_call *call, struct lock_file *file, struct larder_error *error)
{
	CLEANUP_FREE char *text = malloc (2 * SLOT);
	if (!text)
		return larder_fail_memory (error);
	int64_t got = file_pread_all (file->fd, text, 2 * SLOT, 0);
	if (got < 0)
		return larder_fail_errno (error, (int) -got, "cannot read the file of lock '%s' in '%s'", file->name, locks->root);
	file->slot = -1;
	for (int slot = 0; slot < 2; slot++) {
		struct lease_record record;
		int64_t left = got - slot * SLOT;
		if (left > 0 && read_slot (call, text + slot * SLOT, left < SLOT ? (size_t) left : SLOT, &record) == 0
		    && (file->slot < 0 || record.turn > file->record.turn)) {
			file->record = record;
			file->slot = slot;
		}
	}
	return file->slot < 0 ? fail_damaged (locks, file->name, error) : 0;
}

/* The line of a record; the buffer fails when it does not fit. */
static void
put_line (struct buffer *line, const struct lease_record *record)
{
	char sum[SUM + 1];
	buffer_init (line, SLOT);
	buffer_add_text (line, "00000000 ");
	lease_write (line, record);
	buffer_add_char (line, '\n');
	if (line->failed)
		return;
	snprintf (sum, sizeof sum, "%08x ", crc32c (0, line->at + SUM, line->length - SUM - 1));
	memcpy (line->at, sum, SUM);
}

int
slots_first (const struct locks *locks, const char *path, const char *name, struct larder_error *error)
{
	CLEANUP_BUFFER struct buffer line;
	put_line (&line, &(struct lease_record) { .name = name, .owner = "", .note = "" });
	int code = line.failed ? larder_fail_memory (error)
		: file_publish (locks->folder, path, line.at, line.length, (mode_t) locks->mode, FILE_CREATE, true, error);
	return code == LARDER_E_CONFLICT ? 0 : code;
}

int
slots_write (const struct locks *locks, struct lock_file *file, const struct lease_record *record, struct larder_error *error)
{
	CLEANUP_BUFFER struct buffer line;
	struct lease_record next = *record;
	int slot = file->slot == 0;
	next.turn = file->record.turn + 1;
	put_line (&line, &next);
	if (line.failed)
		return larder_fail (error, LARDER_E_LIMIT, "name and note of lock '%s' are too long", file->name);
	int status = file_pwrite_all (file->fd, line.at, line.length, (uint64_t) slot * SLOT);
	if (status == 0 && fdatasync (file->fd) < 0)
		status = -errno;
	if (status < 0)
		return larder_fail_errno (error, -status, "cannot write the file of lock '%s' in '%s'", file->name, locks->root);
	file->record = next;
	file->slot = slot;
	return 0;
}

int64_t
slots_served (const struct lock_file *file)
{
	struct stat st;
	int status = file_pwrite_all (file->fd, "\n", 1, CLOCK_AT);
	if (status < 0 || fstat (file->fd, &st) < 0)
		return status < 0 ? status : -errno;
	return st.st_mtim.tv_sec * NS_PER_S + st.st_mtim.tv_nsec;
}
