/* tiering.c: which archive tiers there are, and after how many days without access. Sources: S3's service model and guide. Pure. */
#include "tiering.h"

#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "error.h"

const char *const tiering_tiers[] = { "ARCHIVE_ACCESS", "DEEP_ARCHIVE_ACCESS", NULL };
static const long least_days[] = { 90, 180 };
enum { MOST_DAYS = 730 };

const char *
tiering_days (struct larder_arena *arena, const char *line, const char *tier)
{
	for (const char *at = line; *at;) {
		size_t length = strcspn (at, ","), digits = strspn (at, "0123456789"), name = digits + strlen ("d ");
		if (digits && length == name + strlen (tier) && strncmp (at + digits, "d ", 2) == 0 && strncmp (at + name, tier, strlen (tier)) == 0)
			return arena_copy_bytes (arena, at, digits);
		at += length;
		at += strspn (at, ", ");
	}
	return NULL;
}

const char *
tiering_with (struct larder_arena *arena, const char *line, const char *days, const char *tier)
{
	return arena_printf (arena, "%s%s%sd %s", line ? line : "", line ? ", " : "", days, tier);
}

int
tiering_check (const char *line, struct larder_error *error)
{
	CLEANUP_ARENA struct larder_arena *arena = arena_new ();
	const char *again = NULL, *days;
	if (!arena)
		return larder_fail_memory (error);
	for (size_t n = 0; tiering_tiers[n]; n++) {
		long age = (days = tiering_days (arena, line, tiering_tiers[n])) ? strtol (days, NULL, 10) : 0;
		if (age >= least_days[n] && age <= MOST_DAYS)
			again = tiering_with (arena, again, days, tiering_tiers[n]);
	}
	if (strcmp (line, "none") == 0 || (again && strcmp (line, again) == 0))
		return 0;
	return larder_fail_next (error, LARDER_E_INVALID, "write AGE TIER, …, each tier once: ARCHIVE_ACCESS from 90d to 730d, DEEP_ARCHIVE_ACCESS from 180d to 730d; or none",
		"these are no tiers that can be had");
}
