/* codes.c: names and exit statuses of the codes, once. */
#include <larder/larder.h>

static const struct { int code, exit; const char *name; } codes[] = {
	{ LARDER_OK, 0, "OK" }, { LARDER_E_INVALID, 2, "INVALID" }, { LARDER_E_UNSUPPORTED, 2, "UNSUPPORTED" }, { LARDER_E_LIMIT, 2, "LIMIT" },
	{ LARDER_E_NOTFOUND, 3, "NOTFOUND" }, { LARDER_E_DENIED, 4, "DENIED" }, { LARDER_E_CONFLICT, 5, "CONFLICT" },
	{ LARDER_E_INTEGRITY, 6, "INTEGRITY" }, { LARDER_E_NOSPACE, 7, "NOSPACE" }, { LARDER_E_UNAVAILABLE, 8, "UNAVAILABLE" },
	{ LARDER_E_NOTREADY, 9, "NOTREADY" }, { LARDER_E_CANCELLED, 130, "CANCELLED" }, { LARDER_E_RETRY, 8, "RETRY" },
};

const char *
larder_version (void)
{
	return LARDER_VERSION;
}

const char *
larder_code_name (int code)
{
	for (unsigned i = 0; i < sizeof codes / sizeof *codes; i++)
		if (codes[i].code == code)
			return codes[i].name;
	return "OTHER";
}

int
larder_exit_code (int code)
{
	for (unsigned i = 0; i < sizeof codes / sizeof *codes; i++)
		if (codes[i].code == code)
			return codes[i].exit;
	return 1;
}
