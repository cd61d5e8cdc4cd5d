/* test-config-manual.c: the key lists of larder.ini(5) are those of the tables. Called with "print" it writes
 * the page given on stdin with its lists made anew: test-config-manual print <PAGE >NEW. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "buffer.h"
#include "schema.h"

enum { PAGE_MOST = 1 << 20 };

static const char *
argument (const struct larder_option *option)
{
	static const char *const words[] = { "", "text", "path", "secret", "yes|no", "number", "size", "rate", "duration", "", "list" };
	return option->type == LARDER_ENUM ? option->values : option->type <= LARDER_LIST ? words[option->type] : "value";
}

/* Help as ASCII, which every formatter of man pages reads. */
static void
add_ascii (struct buffer *into, const char *text)
{
	for (; *text; text++)
		if (strncmp (text, "…", strlen ("…")) == 0) {
			buffer_add_text (into, "...");
			text += strlen ("…") - 1;
		} else {
			buffer_add_char (into, *text);
		}
}

static void
print_list (struct buffer *into, const struct schema *schema)
{
	buffer_add_text (into, ".Bl -tag -width Ds -compact\n");
	for (const struct larder_option *option = schema->options; option->key; option++) {
		buffer_printf (into, ".It Cm %s No = Ar %s\n", option->key, argument (option));
		add_ascii (into, option->help);
		if (option->flags & LARDER_REQUIRED)
			buffer_add_text (into, "; required");
		if (option->def)
			buffer_printf (into, "; without it: %s", option->def);
		buffer_add_text (into, ".\n");
	}
	buffer_add_text (into, ".El\n");
}

/* The page with every list between ".\" table KIND" and ".\" end" made anew; how many there were. */
static unsigned
renew (const char *page, struct buffer *into)
{
	unsigned count = 0;
	for (const char *at = page; *at;) {
		size_t length = strcspn (at, "\n") + 1;
		char kind[40];
		buffer_add (into, at, length);
		if (sscanf (at, ".\\\" table %39[a-z-]\n", kind) == 1 && schema_find (kind)) {
			print_list (into, schema_find (kind));
			const char *end = strstr (at, ".\\\" end\n");
			at = end ? end : at + length;
			count++;
		} else {
			at += length;
		}
	}
	return count;
}

static void
slurp (FILE *file, struct buffer *into)
{
	char part[4096];
	buffer_init (into, PAGE_MOST);
	for (size_t got; (got = fread (part, 1, sizeof part, file)) > 0;)
		buffer_add (into, part, got);
}

START_TEST (lists)
{
	char path[512];
	snprintf (path, sizeof path, "%s/doc/man/larder.ini.5", getenv ("TOP_SRCDIR"));
	FILE *file = fopen (path, "r");
	ck_assert_ptr_nonnull (file);
	CLEANUP_BUFFER struct buffer page, again;
	slurp (file, &page);
	fclose (file);
	buffer_init (&again, PAGE_MOST);
	unsigned kinds = 0;
	for (const struct schema *schema = schemas; schema->kind; schema++)
		kinds++;
	ck_assert_uint_eq (renew (buffer_text (&page), &again), kinds);
	ck_assert_str_eq (buffer_text (&again), buffer_text (&page));
}
END_TEST

static int
print_page (void)
{
	CLEANUP_BUFFER struct buffer page, again;
	slurp (stdin, &page);
	buffer_init (&again, PAGE_MOST);
	renew (buffer_text (&page), &again);
	return fputs (buffer_text (&again), stdout) < 0;
}

int
main (int argc, char **argv)
{
	if (argc == 2 && strcmp (argv[1], "print") == 0)
		return print_page ();
	Suite *suite = suite_create ("test-config-manual");
	TCase *tests = tcase_create ("test-config-manual");
	tcase_add_test (tests, lists);
	suite_add_tcase (suite, tests);
	SRunner *runner = srunner_create (suite);
	srunner_run_all (runner, CK_ENV);
	int failed = srunner_ntests_failed (runner);
	srunner_free (runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
