/* window.c: times of a day and of a week in UTC, as services have them for what they do by themselves: "03:00-04:00", "sun:05:00-sun:05:30", and of schedules. */
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

static char *
time_add (struct larder_arena *arena, const char *text, int minutes)
{
	return text ? arena_printf (arena, "%s%s%02d:%02d", text, *text ? ", " : "", minutes / 60, minutes % 60) : NULL;
}

/* What follows a number below 60; NULL: it is none. */
static const char *
number_read (const char *at, int *ret)
{
	size_t digits = strspn (at, "0123456789");
	*ret = digits == 1 ? at[0] - '0' : 10 * (at[0] - '0') + at[digits > 1] - '0';
	return digits == 0 || digits > 2 || *ret >= 60 ? NULL : at + digits;
}

/* "cron(MINUTE HOUR,HOUR …)": the times, so many minutes on. NULL: they are not told one by one. */
static char *
cron_times (struct larder_arena *arena, const char *text, int on)
{
	static const char head[] = "cron(";
	char *times = arena_copy (arena, "");
	int minute, hour;
	const char *at = strncmp (text, head, strlen (head)) == 0 ? number_read (text + strlen (head), &minute) : NULL;
	for (char before = ' '; at && *at == before; before = ',') {
		at = number_read (at + 1, &hour);
		if (at && hour < 24)
			times = time_add (arena, times, (60 * hour + minute + on + DAY) % DAY);
		if (!at || hour >= 24 || *at == ' ')
			return at && hour < 24 ? times : NULL;
	}
	return NULL;
}

char *
window_here (struct larder_arena *arena, const char *text)
{
	struct window window;
	time_t now = (time_t) (clock_wall () / NS_PER_S);
	struct tm here;
	if (!localtime_r (&now, &here))
		return NULL;
	int on = (int) (here.tm_gmtoff / 60);
	const char *utc = cron_times (arena, text, 0), *there = cron_times (arena, text, on);
	if (utc && there && on == 0)
		return arena_printf (arena, "%s UTC", utc);
	if (utc && there)
		return arena_printf (arena, "%s UTC, %s %s", utc, there, here.tm_zone);
	if (on == 0 || !window_read (text, &window) || window.weekly)
		return NULL;
	int begins = (window.begins + on + DAY) % DAY, ends = (begins + window.lasts) % DAY;
	return arena_printf (arena, "%02d:%02d-%02d:%02d %s", begins / 60, begins % 60, ends / 60, ends % 60, here.tm_zone);
}
