/* text-values.c: numbers, sizes, durations and times as the configuration writes them. */
#include "text.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "clock.h"

/* Decimal digits with an optional fraction, times a unit; exact up to the overflow check. */
static int
scaled (const char *text, size_t digits, uint64_t unit, uint64_t *ret)
{
	unsigned __int128 whole = 0, fraction = 0, scale = 1;
	bool point = false, any = false;
	for (size_t i = 0; i < digits; i++) {
		if (text[i] == '.') {
			if (point || !any)
				return -1;
			point = true;
			continue;
		}
		any = true;
		if (!point && (whole = whole * 10 + (unsigned) (text[i] - '0')) > UINT64_MAX)
			return -1;
		if (point && scale < 1000000000u) {
			fraction = fraction * 10 + (unsigned) (text[i] - '0');
			scale *= 10;
		}
	}
	if (!any || text[digits - 1] == '.' || (point && unit == 1))   /* there is no half byte */
		return -1;
	unsigned __int128 value = whole * unit + fraction * unit / scale;
	if (value > UINT64_MAX)
		return -1;
	*ret = (uint64_t) value;
	return 0;
}

struct unit { const char *name; uint64_t factor; };

static int
with_unit (const char *text, const struct unit *units, uint64_t *ret)
{
	size_t digits = strspn (text, "0123456789.");
	for (; units->name; units++)
		if (strcmp (text + digits, units->name) == 0)
			return scaled (text, digits, units->factor, ret);
	return -1;
}

int
text_size (const char *text, uint64_t *ret)
{
	static const struct unit units[] = {
		{ "", 1 }, { "B", 1 },
		{ "kB", 1000 }, { "KB", 1000 }, { "MB", 1000000 }, { "GB", 1000000000 },
		{ "TB", UINT64_C (1000000000000) }, { "PB", UINT64_C (1000000000000000) },
		{ "KiB", 1 << 10 }, { "MiB", 1 << 20 }, { "GiB", 1 << 30 },
		{ "TiB", UINT64_C (1) << 40 }, { "PiB", UINT64_C (1) << 50 }, { NULL, 0 }
	};
	return with_unit (text, units, ret);
}

int
text_rate (const char *text, uint64_t *ret)
{
	char size[64];
	size_t length = strlen (text);
	if (length < 3 || length >= sizeof size || strcmp (text + length - 2, "/s") != 0)
		return -1;
	memcpy (size, text, length - 2);
	size[length - 2] = '\0';
	return text_size (size, ret);
}

int
text_duration (const char *text, int64_t *ret)
{
	static const struct unit units[] = {
		{ "", NS_PER_S }, { "ns", 1 }, { "us", 1000 }, { "ms", 1000000 }, { "s", NS_PER_S }, { "m", 60 * NS_PER_S },
		{ "h", 3600 * NS_PER_S }, { "d", NS_PER_DAY }, { NULL, 0 }
	};
	uint64_t value;
	if (with_unit (text, units, &value) < 0 || value > INT64_MAX)
		return -1;
	*ret = (int64_t) value;
	return 0;
}


/* Seconds, or days that were meant? Of none it is the same. */
static bool
is_bare (const char *text)
{
	return *text && text[strspn (text, "0123456789.")] == '\0';
}

bool
text_is_days (const char *text)
{
	int64_t ns;
	return text_duration (text, &ns) == 0 && ns % NS_PER_DAY == 0 && (ns == 0 || !is_bare (text));
}

const char *
text_days_next (const char *text, char ret_next[TEXT_DAYS_NEXT])
{
	int64_t ns;
	if (is_bare (text) && text_duration (text, &ns) == 0 && ns % NS_PER_S == 0)
		snprintf (ret_next, TEXT_DAYS_NEXT, "write %" PRId64 "d", ns % NS_PER_DAY == 0 ? ns / NS_PER_DAY : ns / NS_PER_S);
	else
		snprintf (ret_next, TEXT_DAYS_NEXT, "write whole days, as in 30d");
	return ret_next;
}

int
text_bool (const char *text, bool *ret)
{
	static const char *const yes[] = { "yes", "true", "on", "1" }, *const no[] = { "no", "false", "off", "0" };
	for (size_t i = 0; i < 4; i++)
		if (strcmp (text, yes[i]) == 0 || strcmp (text, no[i]) == 0) {
			*ret = strcmp (text, yes[i]) == 0;
			return 0;
		}
	return -1;
}

int
text_int (const char *text, int64_t *ret)
{
	size_t digits = strspn (text + (text[0] == '-'), "0123456789");
	if (!digits || text[(text[0] == '-') + digits])
		return -1;
	errno = 0;
	long long value = strtoll (text, NULL, 10);
	if (errno)
		return -1;
	*ret = value;
	return 0;
}

static char *
put_count (char *at, unsigned value)
{
	char digits[10], *from = digits + sizeof digits;
	do
		*--from = (char) ('0' + value % 10);
	while (value /= 10);
	size_t length = (size_t) (digits + sizeof digits - from);
	memcpy (at, from, length);
	return at + length;
}

const char *
text_from_size (uint64_t bytes, char ret[32])
{
	static const char *const units[] = { "KiB", "MiB", "GiB", "TiB", "PiB", "EiB" };
	if (bytes < 1024) {
		memcpy (put_count (ret, (unsigned) bytes), " B", 3);
		return ret;
	}
	/* Tenths, rounded; in whole numbers, as a locale may write the point otherwise. */
	unsigned unit = 0;
	uint64_t tenths;
	do {
		unsigned __int128 one = (unsigned __int128) 1024 << 10 * unit;
		tenths = (uint64_t) (((unsigned __int128) bytes * 10 + one / 2) >> (10 + 10 * unit));
	} while (tenths >= 10240 && ++unit < 6);
	char *at = put_count (ret, (unsigned) (tenths / 10));
	*at++ = '.';
	at = put_count (at, (unsigned) (tenths % 10));
	*at++ = ' ';
	memcpy (at, units[unit], 4);
	return ret;
}

const char *
text_from_duration (int64_t ns, char ret[32])
{
	uint64_t time = ns > 0 ? (uint64_t) ns : 0;
	unsigned ms = (unsigned) ((time + 500000) / 1000000 % 1000), tenths = (unsigned) ((time + NS_PER_S / 20) / (NS_PER_S / 10) % 600);
	unsigned long long seconds = (time + NS_PER_S / 2) / NS_PER_S;
	if (time < INT64_C (999500000))
		snprintf (ret, 32, "%u ms", ms);
	else if (time < INT64_C (59950000000))
		snprintf (ret, 32, "%u.%u s", tenths / 10, tenths % 10);
	else if (seconds < 3600)
		snprintf (ret, 32, "%llum%02llus", seconds / 60, seconds % 60);
	else if (seconds < 100 * 3600)
		snprintf (ret, 32, "%lluh%02llum", seconds / 3600, seconds / 60 % 60);
	else
		snprintf (ret, 32, "%llud%02lluh", seconds / 86400, seconds / 3600 % 24);
	return ret;
}

/* Days since 1970-01-01 and back, by eras of 400 years that begin in March, so that a leap day is the last of its year. libc's
 * functions take a lock and look at the time zone for each of a million lines. */
static int64_t
days_of (int year, int month, int day)
{
	int64_t shifted = year - (month < 3), era = (shifted >= 0 ? shifted : shifted - 399) / 400;
	int64_t of_era = shifted - era * 400, of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
	return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

struct date { int year, month, day; };

static struct date
date_of (int64_t days)
{
	days += 719468;
	int64_t era = (days >= 0 ? days : days - 146096) / 146097, of_era = days - era * 146097;
	int64_t year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
	int64_t of_year = of_era - (365 * year + year / 4 - year / 100), month = (5 * of_year + 2) / 153;
	return (struct date) { (int) (year + era * 400 + (month >= 10)), (int) (month + (month < 10 ? 3 : -9)), (int) (of_year - (153 * month + 2) / 5 + 1) };
}

/* Whole units of `unit`, downwards. */
static int64_t
split (int64_t time, int64_t unit, int64_t *ret_rest)
{
	int64_t whole = time / unit - (time % unit < 0);
	*ret_rest = time - whole * unit;
	return whole;
}

static char *
put (char *at, int64_t value, int digits, char after)
{
	for (int i = digits - 1; i >= 0; i--, value /= 10)
		at[i] = (char) ('0' + value % 10);
	at[digits] = after;
	return at + digits + 1;
}

/* "2026-11-25T10:00:00"; the end of it, which is no NUL yet. */
static char *
put_seconds (int64_t time, char *at, int64_t *ret_rest)
{
	int64_t second, seconds = split (time, NS_PER_S, ret_rest);
	struct date date = date_of (split (seconds, 86400, &second));
	at = put (put (put (at, date.year, 4, '-'), date.month, 2, '-'), date.day, 2, 'T');
	return put (put (put (at, second / 3600, 2, ':'), second / 60 % 60, 2, ':'), second % 60, 2, '\0') - 1;
}

const char *
text_from_time (int64_t time, char ret[32])
{
	int64_t rest;
	memcpy (put_seconds (time, ret, &rest), "Z", 2);
	return ret;
}

const char *
text_from_time_micro (int64_t time, char ret[32])
{
	int64_t rest;
	char *end = put_seconds (time, ret, &rest);
	*end = '.';
	put (end + 1, rest / 1000, 6, '\0');
	return ret;
}

const char *
text_from_time_exact (int64_t time, char ret[32])
{
	int64_t rest;
	char *end = put_seconds (time, ret, &rest);
	if (rest > 0) {
		*end = '.';
		end = put (end + 1, rest, 9, '\0') - 1;
	}
	while (rest > 0 && end[-1] == '0')
		end--;
	memcpy (end, "Z", 2);
	return ret;
}

void
text_year_month (int64_t time, int *ret_year, int *ret_month, int *ret_day)
{
	int64_t rest;
	struct date date = date_of (split (time, NS_PER_DAY, &rest));
	*ret_year = date.year;
	*ret_month = date.month;
	*ret_day = date.day;
}

/* `count` digits at *at, moved on; -1 if they are not digits. */
static int
digits (const char **at, int count)
{
	int value = 0;
	for (int i = 0; i < count; i++, (*at)++) {
		if (**at < '0' || **at > '9')
			return -1;
		value = value * 10 + (**at - '0');
	}
	return value;
}

static int
expect (const char **at, char c)
{
	return **at == c ? ((*at)++, 0) : -1;
}

static int
parse_date (const char **at, int64_t *ret_days)
{
	int year = digits (at, 4), month, day;
	if (year < 1678 || year > 2261 || expect (at, '-') < 0 || (month = digits (at, 2)) < 1 || month > 12 || expect (at, '-') < 0
	    || (day = digits (at, 2)) < 1)
		return -1;
	static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
	if (day > days[month - 1] + (month == 2 && leap))
		return -1;
	*ret_days = days_of (year, month, day);
	return 0;
}

static int
parse_clock (const char **at, int64_t *ret_seconds, int64_t *ret_fraction)
{
	int hour = digits (at, 2), minute, second;
	if (hour < 0 || hour > 23 || expect (at, ':') < 0 || (minute = digits (at, 2)) < 0 || minute > 59 || expect (at, ':') < 0
	    || (second = digits (at, 2)) < 0 || second > 59)
		return -1;
	*ret_seconds = hour * 3600 + minute * 60 + second;
	if (**at != '.')
		return 0;
	(*at)++;
	int64_t unit = NS_PER_S / 10;
	const char *start = *at;
	for (; **at >= '0' && **at <= '9'; (*at)++, unit /= 10)
		*ret_fraction += (**at - '0') * unit;
	return *at == start ? -1 : 0;
}

static int
parse_zone (const char **at, int64_t *ret_offset)
{
	if (expect (at, 'Z') == 0)
		return 0;
	int sign = **at == '-' ? -1 : 1, hours, minutes;
	if (**at != '+' && **at != '-')
		return -1;
	(*at)++;
	if ((hours = digits (at, 2)) < 0 || hours > 14 || expect (at, ':') < 0 || (minutes = digits (at, 2)) < 0 || minutes > 59)
		return -1;
	*ret_offset = sign * (hours * 60 + minutes) * 60;
	return 0;
}

int
text_time (const char *text, int64_t *ret)
{
	int64_t days, seconds = 0, fraction = 0, offset = 0;
	if (parse_date (&text, &days) < 0)
		return -1;
	if (*text && ((*text != 'T' && *text != ' ') || (text++, parse_clock (&text, &seconds, &fraction) < 0) || parse_zone (&text, &offset) < 0))
		return -1;
	if (*text)
		return -1;
	__int128 time = ((__int128) days * 86400 + seconds - offset) * NS_PER_S + fraction;
	if (time > INT64_MAX || time < INT64_MIN)
		return -1;
	*ret = (int64_t) time;
	return 0;
}

int
text_time_http (const char *text, int64_t *ret)
{
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	char iso[32];
	if (strlen (text) != strlen ("Sun, 06 Nov 1994 08:49:37 GMT") || text[3] != ',' || text[4] != ' ' || text[7] != ' ' ||
	    text[11] != ' ' || text[16] != ' ' || strcmp (text + 25, " GMT") != 0)
		return -1;
	for (int month = 0; month < 12; month++)
		if (strncmp (months + (size_t) month * 3, text + 8, 3) == 0) {
			snprintf (iso, sizeof iso, "%.4s-%02d-%.2sT%.8sZ", text + 12, month + 1, text + 5, text + 17);
			return text_time (iso, ret);
		}
	return -1;
}
