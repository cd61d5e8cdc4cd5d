/* lines.h: state as `path = value` lines in byte order of their paths, members of sets keyed by what identifies them:
 * rule[images].transition[GLACIER_IR].days = 30. Desired, observed, diff and saved plan are all these. */
#ifndef LARDER_BASE_LINES_H
#define LARDER_BASE_LINES_H

#include <larder/types.h>
#include "arena.h"

struct larder_lines;

/* `from`: the value is what another resource tells once it is there, "cdn/images#principal"; then `value` may be NULL: not known yet. With
 * `set` it is the member of that set instead, and the value yes. */
struct line { const char *path, *value, *from, *set; };

/* In the arena of whoever began it. A failure sticks: lines_sort tells. */
struct lines { struct larder_arena *arena; struct line *at; size_t count, room; bool failed; };

void lines_begin (struct lines *lines, struct larder_arena *arena);
/* Copies both; a NULL or empty value adds nothing. */
void lines_add (struct lines *lines, const char *path, const char *value);
/* A line below a member: lines_add_in (lines, "rule", "images", ".days", "30"). `below` may be "". */
void lines_add_in (struct lines *lines, const char *set, const char *member, const char *below, const char *value);
void lines_add_from (struct lines *lines, const char *path, const char *from);
/* SET[what `from` tells] = yes; until it is known the member is `name`. */
void lines_add_member_from (struct lines *lines, const char *set, const char *name, const char *from);
/* "SET[MEMBER]BELOW" in the arena; ']' and '%' of the member are written %5D and %25. NULL: no memory. */
char *path_of_member (struct larder_arena *arena, const char *set, const char *member, const char *below);
/* The member that begins at this '[', as it was given. NULL: no memory. */
char *path_member (struct larder_arena *arena, const char *bracket);
/* Of SET[MEMBER]BELOW the member, and where BELOW begins. NULL: another path, or no memory. */
const char *path_member_of (struct larder_arena *arena, const char *path, const char *set, const char **ret_below);
/* In order, each path once: INVALID when one has two values. */
int lines_sort (struct lines *lines, struct larder_error *error);
const struct line *lines_find (const struct lines *lines, const char *path);
/* NULL: there is no such line, or its value is not known. */
const char *lines_value (const struct lines *lines, const char *path);
/* Value of SET[MEMBER]BELOW, or NULL. */
const char *lines_in (const struct lines *lines, const char *set, const char *member, const char *below);
/* All that `from` tells, in order. */
int lines_take (struct lines *lines, struct larder_lines *from, struct larder_error *error);
/* As a driver's read tells them. */
struct larder_line;
int lines_tell (const struct lines *lines, int (*line) (void *context, const struct larder_line *line, struct larder_error *error), void *context,
                struct larder_error *error);
/* Is there a line of that path, or below it? `length` bytes of it. */
bool lines_have_below (const struct lines *lines, const char *path, size_t length);

/* [*] of a pattern stands for any member. */
bool path_matches (const char *pattern, const char *path);
/* Of `length` bytes of a pattern; and [@] stands for this member, or NULL for any. */
bool path_matches_member (const char *pattern, size_t length, const char *path, const char *member, size_t member_length);
/* Bytes of the outermost member, "rule[images]" of rule[images].days; 0: it is in no set. */
size_t path_member_length (const char *path);

/* How a module reads them. The feed lives as long as what it fills. */
struct lines_feed { const struct lines *lines; size_t next; };
void lines_feed (struct lines_feed *feed, const struct lines *lines, struct larder_lines *ret);

#endif
