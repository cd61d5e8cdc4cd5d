/* text.h: text to values and back, without locale. */
#ifndef LARDER_BASE_TEXT_H
#define LARDER_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <larder/types.h>

struct larder_arena;
struct buffer;

/* Values of the configuration; -1 when the whole text is not such a value or overflows.
 * Size: 1024, 8KiB, 8MiB, 500MB, 10TB (SI 1000, IEC 1024), B allowed. Rate: size "/s". Duration to ns:
 * 250ms, 30s, 10m, 2h, 30d, 7 (seconds), never negative. Bool: yes no true false on off 1 0. */
int text_size (const char *text, uint64_t *ret);
int text_rate (const char *text, uint64_t *ret);
int text_duration (const char *text, int64_t *ret);
/* An age of so many days and nothing between, by a unit. `ret_next` is what to write instead: of "30", which is seconds, and of "2592000" "write 30d". */
enum { TEXT_DAYS_NEXT = 64 };
bool text_is_days (const char *text);
const char *text_days_next (const char *text, char ret_next[TEXT_DAYS_NEXT]);
int text_bool (const char *text, bool *ret);
int text_int (const char *text, int64_t *ret);

/* For people: "1.4 MiB", "12 B"; "1.2 s", "34 ms", "3m20s". */
const char *text_from_size (uint64_t bytes, char ret[32]);
const char *text_from_duration (int64_t ns, char ret[32]);

/* UTC. iso: 2025-11-03T04:05:06Z, and the form without zone and with six digits of microseconds that
 * uploaded_at has. Parsing takes a date, or date and time with Z or ±hh:mm, with or without a fraction. */
const char *text_from_time (int64_t time, char ret[32]);
const char *text_from_time_micro (int64_t time, char ret[32]);
/* With as many digits of the second as it has: 2025-11-03T04:05:06.25Z. */
const char *text_from_time_exact (int64_t time, char ret[32]);
int text_time (const char *text, int64_t *ret);
/* As HTTP writes it: Sun, 06 Nov 1994 08:49:37 GMT. */
int text_time_http (const char *text, int64_t *ret);
void text_year_month (int64_t time, int *ret_year, int *ret_month, int *ret_day);

void text_hex (const void *bytes, size_t count, char *ret);       /* 2 × count + 1 */
int text_from_hex (const char *text, void *ret, size_t count);     /* exactly count bytes */
size_t text_base64 (const void *bytes, size_t count, char *ret);   /* 4 × ((count + 2) / 3) + 1; length */
int text_from_base64 (const char *text, void *ret, size_t room, size_t *ret_count);

/* Bytes of the UTF-8 character at text, 0 if it is none or left is 0. */
size_t text_utf8_length (const char *text, size_t left);
bool text_is_utf8 (const char *text, size_t length);
/* Name as a terminal may see it: control bytes, DEL, and bytes that are not UTF-8 as \xNN. */
void text_escape (struct buffer *into, const char *name);
/* Can it be an identifier: a letter, then letters, digits and single hyphens, none at the end, `most` at the most? {date} in it is the ten characters of a day. */
bool text_is_name (const char *text, size_t most);
/* As a glob that matches it alone, in fnmatch. */
void text_glob (struct buffer *into, const char *text);
/* A pattern with a star in it fits what begins and ends so. */
bool text_fits_star (const char *pattern, const char *text);
/* What stands behind the last '/' of a path; all of it where there is none. */
const char *text_last (const char *path);
/* Percent-encode a key for a URL path: RFC 3986 unreserved and '/' stay. */
void text_percent (struct buffer *into, const char *key);
/* And back, in place; false where it is none. */
bool text_from_percent (char *text);

bool text_begins (const char *text, const char *with);
bool text_ends (const char *text, const char *end);
/* Is it one of the names of a list that is written as one text, "a, b"? NULL has none. */
bool text_is_listed (const char *list, const char *name);
/* Of `count` words, the nearest to `word` by edit distance, or NULL when none is near. Words by stride. */
const char *text_nearest (const char *word, const char *const *words, size_t count);
/* What to do instead of writing `word`: "did you mean 'NEAREST'?", or where none is near, or `word` is NULL, "one of" all of them. */
void text_suggest (char *ret, size_t room, const char *word, const char *const *words, size_t count);
/* Distance for callers with their own lists; 99 when far. */
unsigned text_distance (const char *a, const char *b);

#endif
