/* error.c: the working parts of saying what went wrong. */
#include "error.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "text.h"

/* A caller's struct may be older and shorter than ours. */
#define HAS(error, field) (offsetof (struct larder_error, field) + sizeof (error)->field <= (error)->size)

/* Copy, cut at a UTF-8 boundary where it does not fit. */
static void
put_text (char *into, size_t room, const char *text)
{
	size_t length = strlen (text);
	if (length >= room) {
		length = room - 1;
		for (int i = 0; i < 3 && ((unsigned char) text[length] & 0xc0) == 0x80; i++)  /* no character is longer */
			length--;
	}
	memcpy (into, text, length);
	into[length] = '\0';
}

int
error_set (struct larder_error *error, int code, const char *format, va_list arguments)
{
	if (!error || !HAS (error, message))
		return code;
	size_t size = error->size;
	char text[sizeof error->message + 8];
	vsnprintf (text, sizeof text, format, arguments);
	memset (error, 0, size < sizeof *error ? size : sizeof *error);
	error->size = size;
	error->code = code;
	put_text (error->message, sizeof error->message, text);
	return code;
}

void
error_explain (struct larder_error *error, int detail, const char *text)
{
	if (!error || !text)
		return;
	if (detail == LARDER_DETAIL_NEXT && HAS (error, next))
		put_text (error->next, sizeof error->next, text);
	else if (detail == LARDER_DETAIL_PROVIDER && HAS (error, provider))
		put_text (error->provider, sizeof error->provider, text);
	else if (detail == LARDER_DETAIL_REQUEST && HAS (error, request))
		put_text (error->request, sizeof error->request, text);
	else if (detail == LARDER_DETAIL_FILE && HAS (error, file))
		put_text (error->file, sizeof error->file, text);
}

void
error_add (struct larder_error *error, const char *text)
{
	size_t length = error && HAS (error, message) ? strlen (error->message) : sizeof error->message;
	if (length < sizeof error->message)
		put_text (error->message + length, sizeof error->message - length, text);
}

static int
code_of (int errnum)
{
	switch (errnum) {
	case ENOENT: return LARDER_E_NOTFOUND;
	case EACCES: case EPERM: case EROFS: return LARDER_E_DENIED;
	case EEXIST: return LARDER_E_CONFLICT;
	case ENOSPC: case EDQUOT: case EFBIG: return LARDER_E_NOSPACE;
	case ENOMEM: case EMFILE: case ENFILE: return LARDER_E_LIMIT;
	case EINVAL: case ENAMETOOLONG: case ENOTDIR: case EISDIR: case ELOOP: case EXDEV: case ENXIO: return LARDER_E_INVALID;
	default: return LARDER_E_UNAVAILABLE;
	}
}

static const char *
next_of (int errnum)
{
	switch (errnum) {
	case ENOSPC: return "free space on that disk, or point the store at another one";
	case EDQUOT: return "raise the quota, or free space under it";
	case EFBIG: return "raise the file size limit of this process (ulimit -f)";
	case EACCES: case EPERM: return "check owner and mode of the file and of the folders above it";
	case EROFS: return "mount that file system for writing, or name another place";
	case EMFILE: return "raise the limit of open files (ulimit -n)";
	case ENFILE: return "the whole machine has too many files open; close some";
	case ENOENT: return "check the path; nothing is there";
	case EEXIST: return "name another one, or remove what is there";
	case ENOTDIR: return "a file stands on that path where a folder should be";
	case EISDIR: return "name a file; a folder is there";
	case ENAMETOOLONG: return "choose a shorter name";
	case ENOMEM: return "free memory, or give fewer jobs: --jobs";
	case ENXIO: return "name a file; a socket, or a pipe that nobody reads, is there";
	case EIO: return "look for errors of that disk in the system's log (dmesg)";
	case EXDEV: return "give a path below its root, without '..' and without a leading '/'";
	case ELOOP: return "a symbolic link stands on that path; larder does not follow links below a root";
	default: return NULL;
	}
}

int
larder_fail_errno (struct larder_error *error, int errnum, const char *format, ...)
{
	char text[sizeof error->message + 8], cut[sizeof error->message], space[128];
	va_list arguments;
	va_start (arguments, format);
	vsnprintf (text, sizeof text, format, arguments);
	va_end (arguments);
	const char *reason = strerror_r (errnum, space, sizeof space);
	put_text (cut, sizeof cut - strnlen (reason, sizeof space) - 2, text);  /* a long name must not push the reason out */
	int code = larder_fail (error, code_of (errnum), "%s: %s", cut, reason);
	if (error && HAS (error, errnum))
		error->errnum = errnum;
	larder_explain (error, LARDER_DETAIL_NEXT, next_of (errnum));
	return code;
}

int
larder_fail_next (struct larder_error *error, int code, const char *next, const char *format, ...)
{
	char text[sizeof error->message + 8];
	va_list arguments;
	va_start (arguments, format);
	vsnprintf (text, sizeof text, format, arguments);
	va_end (arguments);
	code = larder_fail (error, code, "%s", text);
	larder_explain (error, LARDER_DETAIL_NEXT, next);
	return code;
}

int
larder_fail_memory (struct larder_error *error)
{
	int code = larder_fail (error, LARDER_E_LIMIT, "out of memory");
	larder_explain (error, LARDER_DETAIL_NEXT, next_of (ENOMEM));
	return code;
}

int
larder_fail_read_only (struct larder_error *error, const char *backend)
{
	return larder_fail_next (error, LARDER_E_DENIED, "use a profile whose backend may be written", "backend '%s' is read-only", backend);
}
