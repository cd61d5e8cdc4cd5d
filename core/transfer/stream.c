/* stream.c: standard input, whose length nobody knows, while a store is always told one. What fits into one part goes in
 * whole; more goes in parts as it comes. Files, and stores without parts, get it by way of a file without a name. */
#define LARDER_API_VERSION LARDER_API_CURRENT
#include "open-upload.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "arena.h"
#include "cleanup.h"
#include "error.h"
#include "store.h"

#define PIECE (64 << 10)
#define MEMORY_MOST (8 << 20)

/* The next bytes, 0 at the end. A cancel ends the wait. */
static int64_t
next_piece (struct transfer *transfer, int fd, int cancel_fd, char *into, size_t room, struct larder_error *error)
{
	for (;;) {
		struct pollfd polled[2] = { { fd, POLLIN, 0 }, { cancel_fd, POLLIN, 0 } };
		if (poll (polled, 2, -1) < 0 && errno != EINTR)
			return larder_fail_errno (error, errno, "cannot wait for standard input");
		if (transfer_stopped (transfer))
			return larder_fail_cancelled (error);
		if (!polled[0].revents)
			continue;
		ssize_t got = read (fd, into, room < PIECE ? room : PIECE);
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
	int file = file_temporary (error);
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
	for (int64_t got; (got = next_piece (transfer, fd, call.cancel_fd, piece, PIECE, error)) != 0; length += (uint64_t) got) {
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

/* ---- in parts ---- */

/* A part on its way: in memory, or, once parts have grown beyond that, in a file without a name. */
struct streaming {
	struct transfer *transfer;
	struct item *item;
	int cancel_fd;
	char *buffer;                 /* MEMORY_MOST bytes */
	int spooled;                  /* or -1 */
	struct open_upload open;
	struct stream_plan plan;
	uint64_t total;
};

/* Up to `most` bytes into the buffer; fewer only at the end. */
static int64_t
fill (struct streaming *streaming, uint64_t most, struct larder_error *error)
{
	uint64_t have = 0;
	while (have < most) {
		int64_t got = next_piece (streaming->transfer, streaming->item->stream, streaming->cancel_fd, streaming->buffer + have, most - have, error);
		if (got <= 0)
			return got < 0 ? got : (int64_t) have;
		have += (uint64_t) got;
	}
	return (int64_t) have;
}

/* The same into the file, of which `held` bytes are in the buffer already. */
static int64_t
fill_file (struct streaming *streaming, uint64_t held, uint64_t most, struct larder_error *error)
{
	uint64_t have = 0;
	if (streaming->spooled < 0 && (streaming->spooled = file_temporary (error)) < 0)
		return streaming->spooled;
	if (ftruncate (streaming->spooled, 0) < 0 || lseek (streaming->spooled, 0, SEEK_SET) < 0)
		return larder_fail_errno (error, errno, "cannot empty a temporary file");
	for (int64_t got = 1; got > 0 && have < most; have += (uint64_t) got) {
		got = have < held ? (int64_t) held : fill (streaming, most - have < MEMORY_MOST ? most - have : MEMORY_MOST, error);
		if (got < 0)
			return got;
		int failed = file_write_all (streaming->spooled, streaming->buffer, (size_t) got);
		if (failed < 0)
			return larder_fail_errno (error, -failed, "cannot write a temporary file");
	}
	return (int64_t) have;
}

/* Part `number` from what was filled last. */
static int
write_part (struct streaming *streaming, uint32_t number, uint64_t length, bool in_memory, struct larder_error *error)
{
	CLEANUP_ARENA struct larder_arena *arena = arena_new ();
	struct memory_source memory;
	struct file_source file;
	struct larder_source source;
	struct larder_part part = { .size = sizeof part };
	int code = arena ? 0 : larder_fail_memory (error);
	if (in_memory)
		memory_source_begin (&memory, streaming->buffer, (size_t) length, &source);
	else if (code == 0)
		code = file_source_begin (&file, streaming->spooled, "standard input", &source, error);
	if (code == 0)
		code = store_parts_write (streaming->transfer->store, arena, &streaming->open.upload, number, &source, &part, error);
	if (put_goes_again (streaming->transfer, streaming->item, in_memory ? NULL : &file, code, error))
		code = store_parts_write (streaming->transfer->store, arena, &streaming->open.upload, number, &source, &part, error);
	if (code == 0)
		code = parts_list_add (&streaming->open.list, &part, error);
	if (code == 0) {
		streaming->total += length;
		count_progress (streaming->transfer, length);
	}
	return code;
}

/* All that comes, from the first part on, which is in the buffer. */
static int
write_parts (struct streaming *streaming, struct larder_error *error)
{
	int code = 0;
	for (uint32_t number = 1; code == 0; number++) {
		uint64_t most = plan_stream_part (&streaming->plan, number), held = number == 1 ? MEMORY_MOST : 0;
		bool in_memory = most <= MEMORY_MOST;
		int64_t got = !in_memory ? fill_file (streaming, held, most, error) : held ? (int64_t) held : fill (streaming, most, error);
		if (got <= 0)
			return (int) got;
		if (number > PARTS_MOST)
			return larder_fail_next (error, LARDER_E_LIMIT, "say how long it is, up to 48.8 TiB (put --expected-size), or divide it into several objects",
				"standard input is longer than %u parts hold: %llu bytes", PARTS_MOST, (unsigned long long) streaming->total);
		code = write_part (streaming, number, (uint64_t) got, in_memory, error);
	}
	return code;
}

static int
put_parts (struct streaming *streaming, const struct larder_put *put, struct larder_error *error)
{
	struct transfer *transfer = streaming->transfer;
	struct open_upload *open = &streaming->open;
	open->store = transfer->store;
	open->put = put;
	int code = journal_what_stream (transfer, streaming->item, put->key, &open->what) < 0 ? larder_fail_memory (error)
		: open_upload_begin (open, transfer->state, false, "", error);
	if (code == 0)
		code = write_parts (streaming, error);
	if (code == 0)
		code = parts_list_finish (&open->list, open->store, streaming->item->arena, put, &open->upload, streaming->total, &streaming->item->stored, error);
	open_upload_end (open, code, error);
	return code;
}

static int
put_whole (struct streaming *streaming, const struct larder_put *put, uint64_t length, struct larder_error *error)
{
	struct memory_source memory;
	struct larder_source source;
	struct larder_info *stored = &streaming->item->stored;
	memory_source_begin (&memory, streaming->buffer, (size_t) length, &source);
	int code = larder_put (streaming->transfer->store, streaming->item->arena, put, &source, stored, error);
	if (put_goes_again (streaming->transfer, streaming->item, NULL, code, error))
		code = larder_put (streaming->transfer->store, streaming->item->arena, put, &source, stored, error);
	streaming->total = length;
	count_progress (streaming->transfer, code == 0 ? length : 0);
	return code;
}

int
stream_put (struct transfer *transfer, struct item *item, const struct larder_put *put, struct larder_error *error)
{
	CLEANUP_FREE char *buffer = malloc (MEMORY_MOST);
	struct streaming streaming = {
		.transfer = transfer, .item = item, .buffer = buffer, .spooled = -1,
		.cancel_fd = larder_call_begin (transfer->larder, NULL).cancel_fd,
		.open = { .list = { .arena = item->arena }, .upload = { .size = sizeof streaming.open.upload }, .journal = JOURNAL_NONE },
	};
	int64_t first = buffer ? plan_stream (transfer->request->expected, &streaming.plan, error) : larder_fail_memory (error);
	if (first == 0)
		first = fill (&streaming, MEMORY_MOST, error);
	int code = first < 0 ? (int) first
		: first < MEMORY_MOST ? put_whole (&streaming, put, (uint64_t) first, error) : put_parts (&streaming, put, error);
	item->facts.st_size = (off_t) streaming.total;
	if (streaming.spooled >= 0)
		close (streaming.spooled);
	return code;
}
