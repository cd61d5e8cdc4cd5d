/* fail.c: larder_fail and larder_explain for liblarder. Modules get theirs from LARDER_REGISTER, which
 * goes through the host; so this file is linked into the library and the tests only. */
#include "error.h"

int
larder_fail (struct larder_error *error, int code, const char *format, ...)
{
	va_list arguments;
	va_start (arguments, format);
	code = error_set (error, code, format, arguments);
	va_end (arguments);
	return code;
}

void
larder_explain (struct larder_error *error, int detail, const char *text)
{
	error_explain (error, detail, text);
}
