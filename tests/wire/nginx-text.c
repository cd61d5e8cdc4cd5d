/* nginx-text.c: the configuration of nginx that lines of a [cdn] make, on stdout. Operands: where it answers in clear, or "", who vouches for an origin over TLS, and then PATH VALUE PATH VALUE.
 * 2 and the reason on stderr where a value is refused. Without operands nginx.conf and edge.js, which need none. test-nginx-text.py holds it against goldens, and has nginx read it. */
#include <stdio.h>

#include "arena.h"
#include "buffer.h"
#include "lines.h"
#include "site-text.h"

static int
print_main (void)
{
	CLEANUP_BUFFER struct buffer text;
	const struct ng_main whole = { "/usr/lib/nginx/modules", "0123456789abcdef", false };
	buffer_init (&text, (size_t) 1 << 20);
	ng_main_text (&whole, &text);
	buffer_add_char (&text, '\0');
	for (const char *const *line = ng_script; *line; line++)
		buffer_add_text (&text, *line);
	return fwrite (text.at, 1, text.length, stdout) == text.length ? 0 : 1;
}

int
main (int count, char **words)
{
	CLEANUP_ARENA struct larder_arena *arena = arena_new ();
	CLEANUP_BUFFER struct buffer text;
	struct larder_error error = LARDER_ERROR_INIT;
	struct lines lines;
	buffer_init (&text, (size_t) 1 << 20);
	if (count < 3)
		return print_main ();
	const struct ng_site site = { "0011223344556677", "studio/cdn/images", *words[1] ? words[1] : NULL, words[2] };
	lines_begin (&lines, arena);
	for (int n = 3; n + 1 < count; n += 2)
		lines_add (&lines, words[n], words[n + 1]);
	int code = lines_sort (&lines, &error);
	if (code == 0)
		code = ng_site_text (&site, &lines, &text, &error);
	if (code < 0) {
		fprintf (stderr, "%s\n", error.message);
		return 2;
	}
	return fwrite (text.at, 1, text.length, stdout) == text.length ? 0 : 1;
}
