/* error.h: saying what went wrong. One idiom: return larder_fail (error, LARDER_E_…, "no object '%s'", key); */
#ifndef LARDER_BASE_ERROR_H
#define LARDER_BASE_ERROR_H

#include <larder/types.h>

/* In liblarder these live in core/base/fail.c; in a module LARDER_REGISTER supplies them. */
int larder_fail (struct larder_error *error, int code, const char *format, ...) LARDER_PRINTF (3, 4);
void larder_explain (struct larder_error *error, int detail, const char *text);

/* Both at once: what is wrong, and what the reader can do about it. */
int larder_fail_next (struct larder_error *error, int code, const char *next, const char *format, ...) LARDER_PRINTF (4, 5);

/* The code for an errno (ENOENT NOTFOUND; EACCES, EPERM, EROFS DENIED; EEXIST CONFLICT; ENOSPC, EDQUOT, EFBIG
 * NOSPACE; ENOMEM, EMFILE, ENFILE LIMIT; EINVAL, ENAMETOOLONG, ENOTDIR, EISDIR, ELOOP, EXDEV, ENXIO INVALID; else UNAVAILABLE),
 * the message followed by ": " and strerror, error->errnum, and a next step where one is obvious. */
int larder_fail_errno (struct larder_error *error, int errnum, const char *format, ...) LARDER_PRINTF (3, 4);

/* The working parts, for fail.c and for the host table. NULL errors and NULL texts are allowed. */
int error_set (struct larder_error *error, int code, const char *format, va_list arguments);
void error_explain (struct larder_error *error, int detail, const char *text);

/* More words behind the message, as long as there is room. */
void error_add (struct larder_error *error, const char *text);

/* For out of memory, and a write of a backend that may only be read: worded once. */
int larder_fail_memory (struct larder_error *error);
int larder_fail_read_only (struct larder_error *error, const char *backend);

#endif
