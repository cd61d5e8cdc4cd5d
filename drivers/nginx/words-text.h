/* words-text.h: values as nginx takes them: what can be written as it is, and what is written byte by byte. Pure. */
#ifndef LARDER_NGINX_WORDS_TEXT_H
#define LARDER_NGINX_WORDS_TEXT_H

#include <stdbool.h>
#include <stddef.h>

struct buffer;
struct larder_arena;
struct lines;

/* Members of SET[…], or with a `path` of PATHSET[…], each once and in order; `path` is all up to its ']'. false: no memory. */
struct ng_name { const char *name, *path; };
struct ng_names { struct ng_name *at; size_t count; };
bool ng_members (struct larder_arena *arena, const struct lines *lines, const char *path, const char *set, struct ng_names *ret);

/* A regular expression that a text with stars matches: whatever is neither letter nor digit is written by its number, so that none of it has a meaning, to nginx
 * or in the expression. `question`: '?' is any one character. */
void ng_put_pattern (struct buffer *into, const char *text, bool question);
/* Of a method or a header's name: letters, digits, '-' and '_', or "*". */
bool ng_is_token (const char *text);
bool ng_is_number (const char *text);
/* Within double quotes, where it is itself: no control byte, quote, backslash or '$'. */
bool ng_is_quotable (const char *text);
bool ng_has_port (const char *address);

#endif
