/* write-file.c: what --output names, whole or not at all. */
#include "cli.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "cleanup.h"
#include "error.h"
#include "file.h"
#include "text.h"

static int
add_text (void *context, const void *bytes, size_t count, struct larder_error *error)
{
	return buffer_add (context, bytes, count) < 0 ? larder_fail_memory (error) : 0;
}

struct larder_sink
cli_sink (struct buffer *buffer)
{
	return (struct larder_sink) { .size = sizeof (struct larder_sink), .context = buffer, .write = add_text };
}

/* A device, a pipe or a link would be gone: as root /dev/stdout, too. */
int
cli_write_file (const char *path, const struct buffer *text, unsigned mode, struct larder_error *error)
{
	const char *name = text_last (path);
	CLEANUP_FREE char *folder = name == path ? strdup (".") : strndup (path, (size_t) (name - path));
	if (!folder)
		return larder_fail_memory (error);
	CLEANUP_CLOSE int at = open (folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (at < 0 || !*name)
		return larder_fail_errno (error, at < 0 ? errno : EISDIR, "cannot write '%s'", path);
	struct stat there;
	if (fstatat (at, name, &there, AT_SYMLINK_NOFOLLOW) == 0 && !S_ISREG (there.st_mode) && !S_ISDIR (there.st_mode))
		return larder_fail_next (error, LARDER_E_INVALID, "name a file; without --output it goes to standard output", "'%s' stays: it is no file", path);
	return file_publish (at, name, text->at, text->length, mode, FILE_REPLACE, false, error);
}
