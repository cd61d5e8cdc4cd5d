/* null-line.c: a connection, plain or TLS. Bodies of plain ones are thrown away in the kernel, files leave from there. */
#include "null.h"

#include <stdio.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/socket.h>

static int
receive (struct line *line, void *into, size_t room)
{
	return line->ssl ? SSL_read (line->ssl, into, (int) room) : (int) recv (line->fd, into, room, 0);
}

int
line_read (struct line *line, void *into, size_t room)
{
	size_t have = line->end - line->at;
	if (!have)
		return receive (line, into, room);
	size_t count = have < room ? have : room;
	memcpy (into, line->bytes + line->at, count);
	line->at += count;
	return (int) count;
}

static bool
fill (struct line *line)
{
	memmove (line->bytes, line->bytes + line->at, line->end - line->at);
	line->end -= line->at;
	line->at = 0;
	int got = line->end < LINE_ROOM - 1 ? receive (line, line->bytes + line->end, LINE_ROOM - 1 - line->end) : 0;
	line->end += got > 0 ? (size_t) got : 0;
	return got > 0;
}

char *
line_head (struct line *line)
{
	for (;;) {
		char *from = line->bytes + line->at, *end = memmem (from, line->end - line->at, "\r\n\r\n", 4);
		if (end) {
			end[2] = '\0';
			line->at = (size_t) (end + 4 - line->bytes);
			return from;
		}
		if (!fill (line))
			return NULL;
	}
}

bool
line_text (struct line *line, char *into, size_t room)
{
	for (;;) {
		char *from = line->bytes + line->at, *end = memchr (from, '\n', line->end - line->at);
		if (end) {
			size_t length = (size_t) (end - from);
			snprintf (into, room, "%.*s", (int) (length && end[-1] == '\r' ? length - 1 : length), from);
			line->at += length + 1;
			return true;
		}
		if (!fill (line))
			return false;
	}
}

bool
line_skip (struct line *line, uint64_t count)
{
	char drain[LINE_ROOM];
	while (count > 0) {
		size_t most = line->at == line->end && !line->ssl ? 8u << 20 : sizeof drain;
		size_t want = count < most ? (size_t) count : most;
		int got = most > sizeof drain ? (int) recv (line->fd, NULL, want, MSG_TRUNC) : line_read (line, drain, want);
		if (got <= 0)
			return false;
		count -= (uint64_t) got;
	}
	return true;
}

bool
line_send (struct line *line, const void *bytes, size_t count, bool more)
{
	const char *at = bytes;
	while (count > 0) {
		int sent = line->ssl ? SSL_write (line->ssl, at, count < 1 << 20 ? (int) count : 1 << 20)
			: (int) send (line->fd, at, count, MSG_NOSIGNAL | (more ? MSG_MORE : 0));
		if (sent <= 0)
			return false;
		at += sent;
		count -= (size_t) sent;
	}
	return true;
}

bool
line_send_file (struct line *line, int fd, const char *map, uint64_t offset, uint64_t count)
{
	if (line->ssl)
		return line_send (line, map + offset, count, false);
	for (off_t at = (off_t) offset; count > 0;) {
		ssize_t sent = sendfile (line->fd, fd, &at, count);
		if (sent <= 0)
			return false;
		count -= (uint64_t) sent;
	}
	return true;
}
