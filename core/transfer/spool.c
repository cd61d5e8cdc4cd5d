/* spool.c: a stream of unknown length becomes a file without a name, in memory as long as it is small: a store
 * is always told a length. */
#include "transfer.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "cleanup.h"
#include "error.h"
#include "store.h"

#define PIECE (64 << 10)
#define MEMORY_MOST (8 << 20)

static int
unnamed_file (struct larder_error *error)
{
	const char *folder = secure_getenv ("TMPDIR");
	folder = folder && *folder ? folder : "/tmp";
	int fd = open (folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	return fd >= 0 ? fd : larder_fail_errno (error, errno, "cannot make a temporary file in '%s'", folder);
}

/* The next bytes, 0 at the end. A cancel ends the wait. */
static int64_t
next_piece (struct transfer *transfer, int fd, int cancel_fd, char *into, struct larder_error *error)
{
	for (;;) {
		struct pollfd polled[2] = { { fd, POLLIN, 0 }, { cancel_fd, POLLIN, 0 } };
		if (poll (polled, 2, -1) < 0 && errno != EINTR)
			return larder_fail_errno (error, errno, "cannot wait for standard input");
		if (transfer_stopped (transfer))
			return larder_fail_cancelled (error);
		if (!polled[0].revents)
			continue;
		ssize_t got = read (fd, into, PIECE);
		if (got >= 0)
			return got;
		if (errno != EINTR && errno != EAGAIN)
			return larder_fail_errno (error, errno, "cannot read standard input");
	}
}

/* From memory to disk once it is too much. */
static int
spill (int *spooled, uint64_t length, char *piece, struct larder_error *error)
{
	int file = unnamed_file (error);
	if (file < 0)
		return file;
	for (uint64_t at = 0; at < length;) {
		int64_t got = file_pread_all (*spooled, piece, PIECE, at);
		int failed = got < 0 ? (int) got : file_write_all (file, piece, (size_t) got);
		if (failed < 0 || got == 0) {
			close (file);
			return larder_fail_errno (error, failed < 0 ? -failed : EIO, "cannot write a temporary file");
		}
		at += (uint64_t) got;
	}
	close (*spooled);
	*spooled = file;
	return 0;
}

int
spool (struct transfer *transfer, int fd, int *ret_fd, struct larder_error *error)
{
	CLEANUP_FREE char *piece = malloc (PIECE);
	CLEANUP_CLOSE int spooled = memfd_create ("larder", MFD_CLOEXEC);
	struct larder_call call = larder_call_begin (transfer->larder, NULL);
	uint64_t length = 0;
	bool on_disk = false;
	if (!piece)
		return larder_fail_memory (error);
	if (spooled < 0)
		return larder_fail_errno (error, errno, "cannot hold standard input");
	for (int64_t got; (got = next_piece (transfer, fd, call.cancel_fd, piece, error)) != 0; length += (uint64_t) got) {
		if (got < 0)
			return (int) got;
		int failed = file_write_all (spooled, piece, (size_t) got);
		if (failed < 0)
			return larder_fail_errno (error, -failed, "cannot write a temporary file");
		if (!on_disk && length + (uint64_t) got > MEMORY_MOST) {
			int code = spill (&spooled, length + (uint64_t) got, piece, error);
			if (code < 0)
				return code;
			on_disk = true;
		}
	}
	*ret_fd = spooled;
	spooled = -1;
	return 0;
}
