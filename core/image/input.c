/* input.c: the bytes of a picture, wherever they come from, readable more than once. */
#include "picture.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "error.h"

static int
too_large (const struct input *input, uint64_t length, uint64_t most, struct larder_error *error)
{
	int code = larder_fail (error, LARDER_E_LIMIT, "'%s' has %llu bytes, at most %llu are taken in", input->name, (unsigned long long) length,
	                        (unsigned long long) most);
	larder_explain (error, LARDER_DETAIL_NEXT, "raise 'max-file-size' of the pipeline if such files are expected");
	return code;
}

/* The next bytes of standard input, 0 at the end. A cancel ends the wait. */
static int64_t
next_piece (struct larder *larder, char *into, size_t room, struct larder_error *error)
{
	struct larder_call call = larder_call_begin (larder, NULL);
	for (;;) {
		struct pollfd polled[2] = { { STDIN_FILENO, POLLIN, 0 }, { call.cancel_fd, POLLIN, 0 } };
		if (poll (polled, 2, -1) < 0 && errno != EINTR)
			return larder_fail_errno (error, errno, "cannot wait for standard input");
		if (larder_is_cancelled (larder))
			return larder_fail_cancelled (error);
		ssize_t got = polled[0].revents ? read (STDIN_FILENO, into, room) : -1;
		if (got >= 0)
			return got;
		if (polled[0].revents && errno != EINTR && errno != EAGAIN)
			return larder_fail_errno (error, errno, "cannot read standard input");
	}
}

/* Standard input into an unlinked file: it must be read twice, and may be larger than memory. */
static int
spool (struct input *input, struct larder *larder, uint64_t most, struct larder_error *error)
{
	char piece[64 << 10];
	input->fd = file_temporary (error);
	if (input->fd < 0)
		return input->fd;
	uint64_t total = 0;
	for (int64_t got = 1; got > 0; total += (uint64_t) got) {
		got = next_piece (larder, piece, sizeof piece, error);
		if (got < 0)
			return (int) got;
		if (total + (uint64_t) got > most)
			return too_large (input, total + (uint64_t) got, most, error);
		int status = file_write_all (input->fd, piece, (size_t) got);
		if (status < 0)
			return larder_fail_errno (error, -status, "cannot hold standard input in a temporary file of TMPDIR");
	}
	return 0;
}

int
input_open (struct input *input, struct larder *larder, const struct larder_ingest *request, uint64_t most, struct larder_error *error)
{
	*input = (struct input) { .fd = -1, .name = request->name ? request->name : request->file ? request->file : "the picture" };
	if (request->source) {
		input->source = *request->source;
		return input->source.length > most ? too_large (input, input->source.length, most, error) : 0;
	}
	int code = 0;
	if (strcmp (request->file, "-") == 0) {
		input->name = request->name ? request->name : "standard input";
		code = spool (input, larder, most, error);
	} else if ((input->fd = open (request->file, O_RDONLY | O_CLOEXEC | O_NONBLOCK)) < 0) {
		code = larder_fail_errno (error, errno, "cannot open '%s'", request->file);
	}
	if (code == 0)
		code = file_source_begin (&input->file, input->fd, input->name, &input->source, error);
	input->is_file = code == 0;
	if (code == 0 && input->source.length > most)
		code = too_large (input, input->source.length, most, error);
	if (code < 0)
		input_close (input);
	return code;
}

int
input_check (const struct input *input, struct larder_error *error)
{
	return input->is_file ? file_source_check (&input->file, error) : 0;
}

void
input_close (struct input *input)
{
	if (input->fd >= 0)
		close (input->fd);
	input->fd = -1;
}
