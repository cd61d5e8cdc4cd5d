/* lines-file.h: the state of a resource in a file, for drivers whose service is a folder: `path = value` lines, as driver.h has them. */
#ifndef LARDER_BASE_LINES_FILE_H
#define LARDER_BASE_LINES_FILE_H

#include <stdbool.h>
#include "lines.h"

/* FOLDER/IDENTITY beneath `root`, as a name that any file system takes. INVALID when it is too long. */
int lines_file_path (const char *folder, const char *identity, char ret[512], struct larder_error *error);
/* 1: its lines are added; 0: no such file; or a code. INTEGRITY when it is damaged. */
int lines_file_read (int root, const char *path, struct lines *lines, struct larder_error *error);
/* Each of a folder beneath `root`, its lines in the arena; a folder that is not there has none. What is not 0 of `each` ends it, and is returned. */
typedef int (*lines_file_fn) (void *context, const char *name, const struct lines *lines, struct larder_error *error);
int lines_file_each (int root, const char *folder, struct larder_arena *arena, lines_file_fn each, void *context, struct larder_error *error);
/* The file holds these lines and no others, at once. Folders are made. */
int lines_file_write (int root, const char *path, const struct lines *lines, bool durable, struct larder_error *error);
/* 0 also when it was not there. */
int lines_file_remove (int root, const char *path, struct larder_error *error);

#endif
