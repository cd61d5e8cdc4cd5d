/* dynamic.h: what a shared object says of itself to the loader, read before the loader sees it. */
#ifndef LARDER_MODULE_DYNAMIC_H
#define LARDER_MODULE_DYNAMIC_H

#include <stddef.h>
#include <larder/types.h>

struct larder_arena;

struct dynamic {
	const char *soname;              /* each NULL if it is not there */
	const char *runpath, *rpath;     /* folders with ':' between them */
	const char *const *needed;       /* files the loader looks for: NEEDED, and those a filter stands for */
	size_t count;
};

/* Texts go to the arena. INVALID for a table that cannot be; `subject` is what the message begins with. */
int dynamic_read (const char *subject, int fd, struct larder_arena *arena, struct dynamic *ret, struct larder_error *error);

#endif
