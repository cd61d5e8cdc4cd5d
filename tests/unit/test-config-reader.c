/* test-config-reader.c: INI text to sections: what is a value, a comment, a quote, a line. c-A04. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "buffer.h"
#include "reader.h"

static struct larder_arena *arena;
static struct larder_error error;

static void
setup (void)
{
	arena = arena_new ();
	error = (struct larder_error) LARDER_ERROR_INIT;
}

static void
teardown (void)
{
	arena_free (arena);
}

static const char *
environment (void *context, const char *name)
{
	(void) context;
	if (strcmp (name, "X") == 0)
		return "a ; \"b\", ${Y} $$ # c";
	return strcmp (name, "EMPTY") == 0 ? "" : NULL;
}

static int
read_bytes (const char *text, size_t length, struct ini_section **ret)
{
	*ret = NULL;
	return ini_read (arena, "t.ini", text, length, environment, NULL, ret, &error);
}

static struct ini_section *
read_good (const char *text)
{
	struct ini_section *sections;
	ck_assert_msg (read_bytes (text, strlen (text), &sections) == 0, "%s", error.message);
	return sections;
}

static void
check_bad (const char *text, unsigned line, const char *words)
{
	struct ini_section *sections;
	char where[32];
	error = (struct larder_error) LARDER_ERROR_INIT;
	ck_assert_msg (read_bytes (text, strlen (text), &sections) == LARDER_E_INVALID, "accepted: %s", text);
	ck_assert_ptr_null (sections);
	snprintf (where, sizeof where, "t.ini:%u: ", line);
	ck_assert_msg (strncmp (error.message, where, strlen (where)) == 0 && strstr (error.message, words), "%s: %s", text, error.message);
	ck_assert_uint_eq (error.line, line);
	ck_assert_str_eq (error.file, "t.ini");
}

/* c-A04: what is written on the left of the table gives exactly the text on the right. */
static const struct { const char *written, *text; bool cut; } values[] = {
	{ "p;q", "p;q", false }, { "p#q", "p#q", false }, { "p ;q", "p", true }, { "p\t# q", "p", true }, { "\"p ; q\"", "p ; q", false },
	{ "a=b=c", "a=b=c", false }, { "${X}", "a ; \"b\", ${Y} $$ # c", false }, { "\"${X}\" ; note", "a ; \"b\", ${Y} $$ # c", true },
	{ "${NONE:-d e}", "d e", false }, { "${EMPTY:-d}", "d", false }, { "${EMPTY}", "", false }, { "${NONE:-}", "", false }, { "$$1 $${X} $", "$1 ${X} $", false },
	{ "\"a \\\"b\\\" \\\\\"", "a \"b\" \\", false }, { "\"  a  \"", "  a  ", false }, { "\"\"", "", false }, { "", "", false },
	{ "; all of it", "", true }, { "a,b", "a,b", false }, { "a ,  b", "a ,  b", false }, { "cron(0 2,14 * * ? *)", "cron(0 2,14 * * ? *)", false },
	{ "C:\\dir\\x", "C:\\dir\\x", false }, { "a\xc3\xa9", "a\xc3\xa9", false }, { "[x]", "[x]", false },
};

START_TEST (value)
{
	char text[200];
	snprintf (text, sizeof text, "[s \"n\"]\nk = %s\n", values[_i].written);
	struct ini_section *section = read_good (text);
	ck_assert_str_eq (section->kind, "s");
	ck_assert_str_eq (section->name, "n");
	ck_assert_str_eq (section->entries->key, "k");
	ck_assert_str_eq (section->entries->value.text, values[_i].text);
	ck_assert_int_eq (section->entries->value.cut, values[_i].cut);
}
END_TEST

/* Items joined by "|"; NULL: not a list. */
static const struct { const char *written, *items; } lists[] = {
	{ "a", "a|" }, { "a, b,c", "a|b|c|" }, { "\"a, b\" , c", "a, b|c|" }, { "\"\", x", "|x|" }, { "${X}, z", "a ; \"b\", ${Y} $$ # c|z|" },
	{ "a,,b", NULL }, { "a,", NULL }, { ",a", NULL }, { "  a b ,c d ; note", "a b|c d|" },
};

START_TEST (list)
{
	char text[200], joined[200] = "";
	snprintf (text, sizeof text, "[s]\nk = %s\n", lists[_i].written);
	const struct ini_value *got = &read_good (text)->entries->value;
	if (!lists[_i].items) {
		ck_assert_ptr_null (got->items);
		return;
	}
	size_t length = 0;
	for (size_t i = 0; i < got->count; i++)
		length += (size_t) snprintf (joined + length, sizeof joined - length, "%s|", got->items[i]);
	ck_assert_str_eq (joined, lists[_i].items);
}
END_TEST

static const struct { const char *text; unsigned line; const char *words; } faults[] = {
	{ "[s]\n\n  k = v\n", 3, "white space" }, { "[s]\nk = a\n\tb\n", 3, "white space" }, { "k = v\n", 1, "before the first section" },
	{ "[s]\nwords\n", 2, "key = value" }, { "[s]\nk = 1\nj = 2\nk = 3\nj = 4\n", 4, "'k' stands already in line 2" },
	{ "[s \"a\"]\n[t]\n[s \"a\"]\n", 3, "stands already in line 1" }, { "[s\n", 1, "not [kind" }, { "[s \"a]\n", 1, "not closed" }, { "[s \"\"]\n", 1, "empty" },
	{ "[S]\n", 1, "section kind" }, { "[]\n", 1, "section kind" }, { "[s] x\n", 1, "not [kind" }, { "[s]\nK = v\n", 2, "key is not a word" },
	{ "[s]\n= v\n", 2, "key is not a word" }, { "[s]\nk = \"a\n", 2, "quote is not closed" }, { "[s]\nk = \"a\" b\n", 2, "behind the closing quote" },
	{ "[s]\nk = a \"b\"\n", 2, "middle of a value" }, { "[s]\nk = \"a\\n\"\n", 2, "backslash" }, { "[s]\nk = ${NONE}\n", 2, "'NONE' is not set" },
	{ "[s]\nk = ${}\n", 2, "${" }, { "[s]\nk = ${X\n", 2, "${" }, { "[s]\nk = ${X?}\n", 2, "${" }, { "[s]\nk = a\\\n", 2, "file ends" },
};

START_TEST (fault)
{
	check_bad (faults[_i].text, faults[_i].line, faults[_i].words);
}
END_TEST

/* A line that is not understood may hold a secret whose line broke: messages never show it. */
START_TEST (no_leak)
{
	static const char *const texts[] = { "[s]\nhunter2\n", "[s]\n  secret = hunter2\n", "[s]\nsecret = \"hunter2\n", "[s]\nsecret = \"hunter2\" hunter2\n",
	                                     "[s]\nsecret = x${hunter2\n", "[s]\nsecret: hunter2\n" };
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		struct ini_section *sections;
		ck_assert_int_eq (read_bytes (texts[i], strlen (texts[i]), &sections), LARDER_E_INVALID);
		ck_assert_msg (!strstr (error.message, "hunter2") && !strstr (error.next, "hunter2"), "%s", error.message);
	}
}
END_TEST

/* CRLF, a byte order mark, comments, a continued value, no newline at the end. */
START_TEST (lines)
{
	struct ini_section *section = read_good ("\xef\xbb\xbf; top\r\n[s \"a b\"]   ; note\r\n# more\r\nk = v\r\n\r\nl = a, \\\r\nb\\\r\nc\r\n[t]\r\nlast = x");
	ck_assert_str_eq (section->name, "a b");
	ck_assert_uint_eq (section->line, 2);
	ck_assert_str_eq (section->entries->value.text, "v");
	ck_assert_uint_eq (section->entries->next->line, 6);
	ck_assert_str_eq (section->entries->next->value.text, "a, bc");
	ck_assert_uint_eq (section->entries->next->value.count, 2);
	ck_assert_uint_eq (section->next->line, 9);
	ck_assert_str_eq (section->next->entries->value.text, "x");
}
END_TEST

START_TEST (nul)
{
	static const char text[] = "[s]\nk = a\0b\n";
	struct ini_section *sections;
	ck_assert_int_eq (read_bytes (text, sizeof text - 1, &sections), LARDER_E_INVALID);
	ck_assert_uint_eq (error.line, 2);
	ck_assert_ptr_nonnull (strstr (error.message, "NUL"));
}
END_TEST

/* inih alone splits lines at 200 bytes and cuts section names at 49. */
START_TEST (lengths)
{
	static const size_t sizes[] = { 199, 200, 201, 300, 5000, 65000 };
	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		CLEANUP_BUFFER struct buffer text;
		buffer_init (&text, 1 << 20);
		buffer_printf (&text, "[s \"%0100d\"]\nk = ", 7);
		for (size_t n = 0; n < sizes[i]; n++)
			buffer_add_char (&text, n % 7 ? 'v' : '=');
		buffer_add_text (&text, "\nj = 1\n");
		struct ini_section *section = read_good (buffer_text (&text));
		ck_assert_uint_eq (strlen (section->name), 100);
		ck_assert_uint_eq (strlen (section->entries->value.text), sizes[i]);
		ck_assert_str_eq (section->entries->next->value.text, "1");
	}
}
END_TEST

START_TEST (value_too_long)
{
	CLEANUP_BUFFER struct buffer text;
	buffer_init (&text, 1 << 20);
	buffer_add_text (&text, "[s]\nk = ");
	for (size_t n = 0; n < 66000; n++)
		buffer_add_char (&text, 'v');
	check_bad (buffer_text (&text), 2, "64 KiB");
}
END_TEST

/* ---- printed, read, equal ---------------------------------------------------------------------- */

static unsigned seed;

static unsigned
draw (unsigned below)
{
	seed = seed * 1103515245u + 12345u;
	return (seed >> 16) % below;
}

static void
print_quoted (struct buffer *into, const char *text)
{
	buffer_add_char (into, '"');
	for (; *text; text++) {
		if (*text == '"' || *text == '\\')
			buffer_add_char (into, '\\');
		if (*text == '$')
			buffer_add_char (into, '$');
		buffer_add_char (into, *text);
	}
	buffer_add_char (into, '"');
}

static void
random_text (char *text, size_t most)
{
	static const char alphabet[] = "ab ;#\"\\$,={}[]\t\xc3\xa9:-";
	size_t length = draw ((unsigned) most);
	for (size_t i = 0; i < length; i++)
		text[i] = alphabet[draw (sizeof alphabet - 1)];
	text[length] = '\0';
}

enum { SECTIONS = 6, KEYS = 5, MOST = 300 };
struct sample { char values[SECTIONS][KEYS][MOST]; };

static void
print_sample (struct sample *sample, struct buffer *into)
{
	for (unsigned s = 0; s < SECTIONS; s++) {
		buffer_printf (into, "[kind \"n%u\"]%s", s, draw (2) ? "\n" : " ; note\r\n");
		for (unsigned k = 0; k < KEYS; k++) {
			random_text (sample->values[s][k], MOST);
			buffer_printf (into, "key-%u%*s=%*s", k, (int) draw (3), "", (int) draw (3), "");
			print_quoted (into, sample->values[s][k]);
			buffer_add_text (into, draw (2) ? "\n" : "\t# note \"\r\n");
		}
	}
}

START_TEST (round_trip)
{
	static struct sample sample;
	CLEANUP_BUFFER struct buffer text;
	buffer_init (&text, 1 << 20);
	seed = (unsigned) _i + 1;
	print_sample (&sample, &text);
	struct ini_section *section = read_good (buffer_text (&text));
	for (unsigned s = 0; s < SECTIONS; s++, section = section->next) {
		struct ini_entry *entry = section->entries;
		for (unsigned k = 0; k < KEYS; k++, entry = entry->next) {
			ck_assert_str_eq (entry->value.text, sample.values[s][k]);
			ck_assert_uint_eq (entry->value.count, 1);
			ck_assert_str_eq (entry->value.items[0], sample.values[s][k]);
		}
		ck_assert_ptr_null (entry);
	}
	ck_assert_ptr_null (section);
}
END_TEST

/* Cut anywhere: an error, or the sections before the cut, each value but the last one whole. */
START_TEST (truncated)
{
	static struct sample sample;
	CLEANUP_BUFFER struct buffer text;
	buffer_init (&text, 1 << 20);
	seed = 99;
	print_sample (&sample, &text);
	for (size_t length = 0; length < text.length; length += 1 + length / 600) {
		struct ini_section *section;
		char *copy = malloc (length ? length : 1);   /* the end is where a sanitizer sees it */
		memcpy (copy, text.at, length);
		int code = read_bytes (copy, length, &section);
		free (copy);
		ck_assert (code == 0 || code == LARDER_E_INVALID);
		for (unsigned s = 0; section; s++, section = section->next) {
			unsigned k = 0;
			for (struct ini_entry *entry = section->entries; entry; entry = entry->next, k++)
				if (entry->next || section->next)
					ck_assert_str_eq (entry->value.text, sample.values[s][k]);
		}
	}
}
END_TEST

/* Bytes changed at random: an answer, never a crash. */
START_TEST (changed)
{
	static struct sample sample;
	CLEANUP_BUFFER struct buffer text;
	buffer_init (&text, 1 << 20);
	seed = 7;
	print_sample (&sample, &text);
	for (unsigned n = 0; n < 500; n++) {
		struct ini_section *section;
		for (unsigned i = draw (8); i > 0; i--)
			text.at[draw ((unsigned) text.length)] = (char) draw (256);
		int code = read_bytes (text.at, text.length, &section);
		ck_assert (code == 0 || code == LARDER_E_INVALID);
		arena_clear (arena);
		if (n % 20 == 0) {
			buffer_clear (&text);
			print_sample (&sample, &text);
		}
	}
}
END_TEST

int
main (void)
{
	Suite *suite = suite_create ("test-config-reader");
	TCase *tests = tcase_create ("test-config-reader");
	tcase_add_checked_fixture (tests, setup, teardown);
	tcase_add_loop_test (tests, value, 0, sizeof values / sizeof *values);
	tcase_add_loop_test (tests, list, 0, sizeof lists / sizeof *lists);
	tcase_add_loop_test (tests, fault, 0, sizeof faults / sizeof *faults);
	tcase_add_test (tests, no_leak);
	tcase_add_test (tests, lines);
	tcase_add_test (tests, nul);
	tcase_add_test (tests, lengths);
	tcase_add_test (tests, value_too_long);
	tcase_add_loop_test (tests, round_trip, 0, 40);
	tcase_add_test (tests, truncated);
	tcase_add_test (tests, changed);
	suite_add_tcase (suite, tests);
	SRunner *runner = srunner_create (suite);
	srunner_run_all (runner, CK_ENV);
	int failed = srunner_ntests_failed (runner);
	srunner_free (runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
