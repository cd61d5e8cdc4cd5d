/* small-file.c: files of the user's that say who we are: AWS's configuration, tokens that are rotated in place. */
#include "identity.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "arena.h"
#include "cleanup.h"
#include "error.h"
#include "file.h"

#define FILE_MOST (1 << 20)

int
aws_file_read (struct larder_arena *arena, const char *path, const char **ret, size_t *ret_length, struct larder_error *error)
{
	CLEANUP_CLOSE int fd = open (path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (fd < 0)
		return larder_fail_errno (error, errno, "cannot open '%s'", path);
	CLEANUP_FREE char *text = malloc (FILE_MOST + 1);
	if (!text)
		return larder_fail_memory (error);
	int64_t got = file_read_all (fd, text, FILE_MOST + 1);
	if (got < 0)
		return larder_fail_errno (error, (int) -got, "cannot read '%s'", path);
	if (got > FILE_MOST)
		return larder_fail_next (error, LARDER_E_LIMIT, "larder reads no larger file there; is it the right one?", "'%s' is longer than 1 MiB", path);
	const char *copy = arena_copy_bytes (arena, text, (size_t) got);
	explicit_bzero (text, (size_t) got);
	if (!copy)
		return larder_fail_memory (error);
	*ret = copy;
	*ret_length = (size_t) got;
	return 0;
}

int
aws_token_read (struct larder_arena *arena, const char *path, const char **ret, struct larder_error *error)
{
	static const char blanks[] = " \t\r\n";
	const char *text;
	size_t length;
	int code = aws_file_read (arena, path, &text, &length, error);
	if (code < 0)
		return code;
	const char *from = text + strspn (text, blanks);
	size_t count = strcspn (from, blanks);
	bool one = count > 0 && from + count + strspn (from + count, blanks) == text + length;
	char *token = one ? arena_copy_bytes (arena, from, count) : NULL;
	if (one && !token)
		return larder_fail_memory (error);
	if (!one || !aws_is_clean (token))
		return larder_fail_next (error, LARDER_E_INVALID, "look at that file: it must hold the token and nothing else", "'%s' is not one token", path);
	*ret = token;
	return 0;
}
