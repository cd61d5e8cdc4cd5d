/* window.c: times of a day and of a week in UTC, as services have them for what they do by themselves: "03:00-04:00", "sun:05:00-sun:05:30". */
#include "resource.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "clock.h"

enum { DAY = 24 * 60, WEEK = 7 * DAY };

struct window { int begins, lasts; bool weekly; };   /* minutes, since midnight or since Monday's */

/* What is left of the text behind it; NULL: no such time. */
static const char *
time_read (const char *at, int *ret_minutes, bool *ret_weekly)
{
	static const char days[] = "montuewedthufrisatsun";
	int day = 0;
	*ret_weekly = at[0] >= 'a' && at[0] <= 'z';
	if (*ret_weekly) {
		while (day < 7 && strncmp (days + 3 * day, at, 3) != 0)
			day++;
		if (day == 7 || at[3] != ':')
			return NULL;
		at += 4;
	}
	if (strspn (at, "0123456789") != 2 || at[2] != ':' || strspn (at + 3, "0123456789") != 2)
		return NULL;
	int hour = 10 * (at[0] - '0') + at[1] - '0', minute = 10 * (at[3] - '0') + at[4] - '0';
	*ret_minutes = day * DAY + hour * 60 + minute;
	return hour < 24 && minute < 60 ? at + 5 : NULL;
}

static bool
window_read (const char *text, struct window *ret)
{
	int ends = 0;
	bool weekly;
	const char *at = time_read (text, &ret->begins, &ret->weekly);
	at = at && *at == '-' ? time_read (at + 1, &ends, &weekly) : NULL;
	if (!at || *at || weekly != ret->weekly)
		return false;
	int round = weekly ? WEEK : DAY;
	ret->lasts = (ends - ret->begins + round) % round;
	return true;
}

bool
window_is_of_a_day (const char *text, int least)
{
	struct window window;
	return window_read (text, &window) && !window.weekly && window.lasts >= least;
}

static bool
overlap_within (int a, int a_lasts, int b, int b_lasts)
{
	return (b - a + WEEK) % WEEK < a_lasts || (a - b + WEEK) % WEEK < b_lasts;
}

bool
windows_overlap (const char *one, const char *other)
{
	struct window a, b;
	bool found = false;
	if (!window_read (one, &a) || !window_read (other, &b))
		return false;
	for (int n = 0; n < (a.weekly ? 1 : 7); n++)
		for (int m = 0; m < (b.weekly ? 1 : 7); m++)
			found |= overlap_within (a.begins + n * DAY, a.lasts, b.begins + m * DAY, b.lasts);
	return found;
}

char *
window_here (struct larder_arena *arena, const char *text)
{
	struct window window;
	time_t now = (time_t) (clock_wall () / NS_PER_S);
	struct tm here;
	if (!window_read (text, &window) || window.weekly || !localtime_r (&now, &here))
		return arena_copy (arena, text);
	int begins = (int) ((window.begins + here.tm_gmtoff / 60 + DAY) % DAY), ends = (begins + window.lasts) % DAY;
	return arena_printf (arena, "%02d:%02d-%02d:%02d %s", begins / 60, begins % 60, ends / 60, ends % 60, here.tm_zone);
}
