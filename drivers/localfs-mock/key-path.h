/* key-path.h: object keys as file names and back. */
#ifndef LOCALFS_MOCK_KEY_PATH_H
#define LOCALFS_MOCK_KEY_PATH_H

#include <stddef.h>

#define KEY_MOST 1024           /* bytes of a key, as S3 counts */
#define KEY_PATH_ROOM 3200      /* holds the path of any key, and its NUL */
#define KEY_FRAGMENT_ROOM 208   /* holds what one name decodes to */

enum key_name {
	KEY_NAME_FOREIGN,       /* not a name that this rule gives */
	KEY_NAME_FILE,
	KEY_NAME_FOLDER,
	KEY_NAME_CHUNK          /* folder holding the rest of a long component */
};

/* Path of a key of 1 … KEY_MOST bytes; -1 for any other. */
int key_path_encode (const char *key, char ret[KEY_PATH_ROOM]);
/* Path of the folders of a prefix up to its last '/', with a trailing '/', or ""; the bytes of prefix that it stands
 * for, or -1 when the prefix is longer than any key. */
int key_path_folders (const char *prefix, char ret[KEY_PATH_ROOM]);
/* What one name on disk stands for: the piece of the key, with '/' for a folder. */
enum key_name key_name_decode (const char *name, char ret[KEY_FRAGMENT_ROOM], size_t *ret_length);
/* The key of a path, or -1 when no key has that path. */
int key_path_decode (const char *path, char ret[KEY_MOST + 1]);

#endif
