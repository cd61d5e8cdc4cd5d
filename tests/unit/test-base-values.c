/* test-base-values.c: values of the configuration: what is taken, what is not, and where numbers end. */
#include "text.h"

#include <stdio.h>

#include "clock.h"
#include "random.h"
#include "unit.h"

START_TEST (sizes)
{
	static const struct { const char *text; uint64_t value; } good[] = {
		{ "0", 0 }, { "1024", 1024 }, { "12B", 12 }, { "8KiB", 8192 }, { "8MiB", 8 << 20 }, { "1GiB", 1 << 30 }, { "1TiB", UINT64_C (1) << 40 },
		{ "500MB", 500000000 }, { "2kB", 2000 }, { "2KB", 2000 }, { "10TB", UINT64_C (10000000000000) }, { "1.5GiB", UINT64_C (1610612736) },
		{ "0.5KiB", 512 }, { "18446744073709551615", UINT64_MAX }, { "16383PiB", UINT64_C (16383) << 50 },
		{ "0000000000000000000000000001", 1 },
	};
	static const char *const bad[] = { "", " ", "B", "MiB", ".", ".5MiB", "1.", "1.MiB", "1..5MiB", "1.2.3MB", "-1", "+1", " 1", "1 ", "1 MiB", "8mib",
		"8M", "8MiBs", "8MB/s", "0x10", "1e3", "1.5", "1.5B", "18446744073709551616", "16384PiB", "99999999999999999999999999999999999999999999",
		"18446744073709551615KiB", "1,5MiB", "nan" };
	for (size_t i = 0; i < COUNT_OF (good); i++) {
		uint64_t value = 1;
		ck_assert_msg (text_size (good[i].text, &value) == 0, "'%s' was refused", good[i].text);
		ck_assert (value == good[i].value);
	}
	for (size_t i = 0; i < COUNT_OF (bad); i++) {
		uint64_t value = 77;
		ck_assert_msg (text_size (bad[i], &value) == -1, "'%s' was taken", bad[i]);
		ck_assert_uint_eq (value, 77);
	}
}
END_TEST

START_TEST (rates)
{
	uint64_t value = 0;
	ck_assert_int_eq (text_rate ("500MB/s", &value), 0);
	ck_assert_uint_eq (value, 500000000);
	ck_assert_int_eq (text_rate ("7/s", &value), 0);
	ck_assert_uint_eq (value, 7);
	static const char *const bad[] = { "", "/s", "500MB", "500MB/S", "500MB/s ", "MB/s", "5MB/m",
		"1111111111111111111111111111111111111111111111111111111111111111111111111111/s" };
	for (size_t i = 0; i < COUNT_OF (bad); i++)
		ck_assert_msg (text_rate (bad[i], &value) == -1, "'%s' was taken", bad[i]);
	ck_assert_uint_eq (value, 7);
}
END_TEST

START_TEST (durations)
{
	static const struct { const char *text; int64_t value; } good[] = {
		{ "250ms", 250000000 }, { "30s", 30 * NS_PER_S }, { "10m", 600 * NS_PER_S }, { "2h", 7200 * NS_PER_S }, { "30d", 2592000 * NS_PER_S },
		{ "7", 7 * NS_PER_S }, { "0", 0 }, { "1.5s", 1500000000 }, { "9223372036854775807ns", INT64_MAX }, { "106751d", INT64_C (106751) * 86400 * NS_PER_S },
	};
	static const char *const bad[] = { "", "-", "s", "5 s", "5sec", "5M", "1w", "-5s", "-0", "--5s", "106752d", "9223372036854775808ns", "99999999999999999999d" };
	for (size_t i = 0; i < COUNT_OF (good); i++) {
		int64_t value = 1;
		ck_assert_msg (text_duration (good[i].text, &value) == 0, "'%s' was refused", good[i].text);
		ck_assert_int_eq (value, good[i].value);
	}
	for (size_t i = 0; i < COUNT_OF (bad); i++) {
		int64_t value = 77;
		ck_assert_msg (text_duration (bad[i], &value) == -1, "'%s' was taken", bad[i]);
		ck_assert_int_eq (value, 77);
	}
}
END_TEST

START_TEST (bools_and_ints)
{
	static const char *const yes[] = { "yes", "true", "on", "1" }, *const no[] = { "no", "false", "off", "0" };
	bool truth;
	for (size_t i = 0; i < 4; i++) {
		ck_assert_int_eq (text_bool (yes[i], (truth = false, &truth)), 0);
		ck_assert (truth);
		ck_assert_int_eq (text_bool (no[i], &truth), 0);
		ck_assert (!truth);
	}
	static const char *const neither[] = { "", "Yes", "y", "2", "yes ", "TRUE" };
	for (size_t i = 0; i < COUNT_OF (neither); i++)
		ck_assert_int_eq (text_bool (neither[i], &truth), -1);
	int64_t value = 0;
	ck_assert_int_eq (text_int ("9223372036854775807", &value), 0);
	ck_assert_int_eq (value, INT64_MAX);
	ck_assert_int_eq (text_int ("-9223372036854775808", &value), 0);
	ck_assert_int_eq (value, INT64_MIN);
	static const char *const bad[] = { "", "-", "+1", " 1", "1 ", "1.0", "0x1", "9223372036854775808", "-9223372036854775809" };
	for (size_t i = 0; i < COUNT_OF (bad); i++)
		ck_assert_msg (text_int (bad[i], &value) == -1, "'%s' was taken", bad[i]);
	ck_assert_int_eq (value, INT64_MIN);
}
END_TEST

START_TEST (for_people)
{
	static const struct { uint64_t bytes; const char *text; } sizes_of[] = {
		{ 0, "0 B" }, { 12, "12 B" }, { 1023, "1023 B" }, { 1024, "1.0 KiB" }, { 1468006, "1.4 MiB" }, { (1 << 20) - 1, "1.0 MiB" },
		{ UINT64_MAX, "16.0 EiB" }, { UINT64_C (1023) << 10, "1023.0 KiB" },
	};
	static const struct { int64_t ns; const char *text; } durations_of[] = {
		{ 0, "0 ms" }, { 34000000, "34 ms" }, { 999400000, "999 ms" }, { 999600000, "1.0 s" }, { 1200000000, "1.2 s" }, { 59949000000, "59.9 s" },
		{ 59960000000, "1m00s" }, { 200 * NS_PER_S, "3m20s" }, { 3599 * NS_PER_S, "59m59s" }, { 3599600000000, "1h00m" }, { 7260 * NS_PER_S, "2h01m" },
		{ 359999 * NS_PER_S, "99h59m" }, { 360000 * NS_PER_S, "4d04h" }, { 733 * 3600 * NS_PER_S, "30d13h" }, { INT64_MAX, "106751d23h" },
	};
	char text[32];
	for (size_t i = 0; i < COUNT_OF (sizes_of); i++)
		ck_assert_str_eq (text_from_size (sizes_of[i].bytes, text), sizes_of[i].text);
	for (size_t i = 0; i < COUNT_OF (durations_of); i++)
		ck_assert_str_eq (text_from_duration (durations_of[i].ns, text), durations_of[i].text);
}
END_TEST

START_TEST (times)
{
	static const struct { const char *text, *iso; int64_t rest; } good[] = {
		{ "1970-01-01T00:00:00Z", "1970-01-01T00:00:00Z", 0 }, { "2025-11-03", "2025-11-03T00:00:00Z", 0 },
		{ "2025-11-03T04:05:06.123456Z", "2025-11-03T04:05:06Z", 123456000 }, { "2025-11-03 04:05:06+05:30", "2025-11-02T22:35:06Z", 0 },
		{ "2025-11-03T23:30:00-01:00", "2025-11-04T00:30:00Z", 0 }, { "2024-02-29T00:00:00Z", "2024-02-29T00:00:00Z", 0 },
		{ "1969-12-31T23:59:59.5Z", "1969-12-31T23:59:59Z", 500000000 }, { "2000-02-29", "2000-02-29T00:00:00Z", 0 },
		{ "2025-11-03T04:05:06.1234567899999Z", "2025-11-03T04:05:06Z", 123456789 },
	};
	static const char *const bad[] = { "", "2025", "2025-13-01", "2025-00-01", "2025-02-29", "1900-02-29", "2025-11-31", "2025-11-03T", "2025-11-03T04:05",
		"2025-11-03T04:05:06", "2025-11-03T24:00:00Z", "2025-11-03T04:60:00Z", "2025-11-03T04:05:06.Z", "2025-11-03T04:05:06Zx", "2025-11-03T04:05:06+0530",
		"2025-11-03x", "0000-01-01", "9999-12-31", " 2025-11-03", "2025-1-3", "2025-11-03T04:05:06+15:00" };
	char text[32];
	for (size_t i = 0; i < COUNT_OF (good); i++) {
		int64_t time = 0;
		ck_assert_msg (text_time (good[i].text, &time) == 0, "'%s' was refused", good[i].text);
		ck_assert_str_eq (text_from_time (time, text), good[i].iso);
		ck_assert_int_eq (((time % NS_PER_S) + NS_PER_S) % NS_PER_S, good[i].rest);
	}
	for (size_t i = 0; i < COUNT_OF (bad); i++) {
		int64_t time = 77;
		ck_assert_msg (text_time (bad[i], &time) == -1, "'%s' was taken", bad[i]);
		ck_assert_int_eq (time, 77);
	}
}
END_TEST

START_TEST (times_http)
{
	static const char *const bad[] = {
		"", "now", "Sun, 06 Nov 1994 08:49:37 UTC", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994", "Sun, 31 Feb 1994 08:49:37 GMT",
		"Sun, 06 Nox 1994 08:49:37 GMT", "Sun, 06 Nov 1994 24:49:37 GMT", "Sun, 06 Nov 1994 08:49:37 GMT ", "Sun, 06 Nov 1994T08:49:37 GMT",
	};
	char text[32];
	int64_t time = 77;
	for (size_t i = 0; i < COUNT_OF (bad); i++) {
		ck_assert_msg (text_time_http (bad[i], &time) == -1, "'%s' was taken", bad[i]);
		ck_assert_int_eq (time, 77);
	}
	ck_assert_int_eq (text_time_http ("Sun, 06 Nov 1994 08:49:37 GMT", &time), 0);
	ck_assert_str_eq (text_from_time (time, text), "1994-11-06T08:49:37Z");
	ck_assert_int_eq (text_time_http ("Thu, 31 Dec 2026 23:59:59 GMT", &time), 0);
	ck_assert_str_eq (text_from_time (time, text), "2026-12-31T23:59:59Z");
}
END_TEST

/* Every time that the clock can show goes through text and back. */
START_TEST (times_round)
{
	uint64_t seed = 9;
	for (int round = 0; round < 20000; round++) {
		seed = seed * UINT64_C (6364136223846793005) + 1442695040888963407u;
		int64_t time = (int64_t) (seed >> 1) - INT64_MAX / 2;
		time -= ((time % 1000) + 1000) % 1000;
		char text[40];
		text_from_time_micro (time, text);
		ck_assert_uint_eq (strlen (text), strlen ("2025-11-03T04:05:06.000000"));
		text[26] = 'Z';
		text[27] = '\0';
		int64_t back = 0;
		ck_assert_int_eq (text_time (text, &back), 0);
		ck_assert_int_eq (back, time);
		int year, month, day;
		text_year_month (time, &year, &month, &day);
		char date[40];
		snprintf (date, sizeof date, "%04d-%02d-%02d", year, month, day);
		ck_assert_int_eq (strncmp (date, text, 10), 0);
	}
}
END_TEST

START_TEST (clocks)
{
	int64_t before = clock_boot ();
	ck_assert_int_ge (clock_boot (), before);
	ck_assert_int_gt (clock_wall (), INT64_C (1577836800) * NS_PER_S);   /* after 2020 */
}
END_TEST

START_TEST (randoms)
{
	unsigned char a[64] = { 0 }, b[64] = { 0 };
	random_bytes (a, sizeof a);
	random_bytes (b, sizeof b);
	random_bytes (NULL, 0);
	ck_assert_mem_ne (a, b, sizeof a);
}
END_TEST

int
main (void)
{
	const struct unit_case cases[] = {
		{ "test-base-values-sizes", sizes, 0 }, { "test-base-values-rates", rates, 0 }, { "test-base-values-durations", durations, 0 },
		{ "test-base-values-bools-and-ints", bools_and_ints, 0 }, { "test-base-values-for-people", for_people, 0 },
		{ "test-base-values-times", times, 0 }, { "test-base-values-times-http", times_http, 0 }, { "test-base-values-times-round", times_round, 0 }, { "test-base-values-clocks", clocks, 0 },
		{ "test-base-values-randoms", randoms, 0 },
	};
	return unit_run ("base-values", cases, COUNT_OF (cases));
}
