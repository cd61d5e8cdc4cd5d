/* input.c: the bytes of a picture, wherever they come from, readable more than once. */
#include "picture.h"

#include <errno.h>
#include <fcntl.h>
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

/* Standard input into an unlinked file: it must be read twice, and may be larger than memory. */
static int
spool (struct input *input, uint64_t most, struct larder_error *error)
{
	char piece[64 << 10];
	input->fd = file_temporary (error);
	if (input->fd < 0)
		return input->fd;
	uint64_t total = 0;
	for (int64_t got = 1; got > 0; total += (uint64_t) got) {
		got = file_read_all (STDIN_FILENO, piece, sizeof piece);
		if (got < 0)
			return larder_fail_errno (error, (int) -got, "cannot read standard input");
		if (total + (uint64_t) got > most)
			return too_large (input, total + (uint64_t) got, most, error);
		int status = file_write_all (input->fd, piece, (size_t) got);
		if (status < 0)
			return larder_fail_errno (error, -status, "cannot hold standard input in a temporary file of TMPDIR");
	}
	return 0;
}

int
input_open (struct input *input, const struct larder_ingest *request, uint64_t most, struct larder_error *error)
{
	*input = (struct input) { .fd = -1, .name = request->name ? request->name : request->file ? request->file : "the picture" };
	if (request->source) {
		input->source = *request->source;
		return input->source.length > most ? too_large (input, input->source.length, most, error) : 0;
	}
	int code = 0;
	if (strcmp (request->file, "-") == 0) {
		input->name = request->name ? request->name : "standard input";
		code = spool (input, most, error);
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
