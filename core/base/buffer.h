/* buffer.h: bytes that grow up to a named maximum. A failure sticks: check once, at the end. */
#ifndef LARDER_BASE_BUFFER_H
#define LARDER_BASE_BUFFER_H

#include <stdbool.h>
#include <stddef.h>
#include <larder/types.h>

struct buffer {
	char *at;          /* always NUL-terminated once something was added; NULL before */
	size_t length, room, most;
	bool failed;       /* over `most`, or no memory */
	bool secret;       /* set behind buffer_init: no memory is given back that it was not wiped from */
};

void buffer_init (struct buffer *buffer, size_t most);
void buffer_free (struct buffer *buffer);               /* and init again, with the same maximum and as secret */
void buffer_cut (struct buffer *buffer, size_t length);  /* what comes behind so many bytes goes, and with it what failed there */
void buffer_clear (struct buffer *buffer);              /* keeps the memory */
int buffer_add (struct buffer *buffer, const void *bytes, size_t count);   /* 0 or -1 */
int buffer_add_text (struct buffer *buffer, const char *text);
int buffer_add_char (struct buffer *buffer, char c);
int buffer_printf (struct buffer *buffer, const char *format, ...) LARDER_PRINTF (2, 3);
const char *buffer_text (const struct buffer *buffer);  /* "" when empty */
/* Bytes as they come, line by line: `each` finds one with its newline in the buffer, or that this failed, and it is empty behind that. What follows the
 * last newline stays for the next call. A code of `each` ends it. */
typedef int (*buffer_line_fn) (void *context, struct larder_error *error);
int buffer_each_line (struct buffer *line, const void *bytes, size_t count, buffer_line_fn each, void *context, struct larder_error *error);

#define CLEANUP_BUFFER __attribute__ ((cleanup (buffer_free)))

#endif
