/* main.c: larder-codec-test: any codec against the contract of larder/codec.h.
 *
 * One TAP line a promise. Exit status: 0 all kept, 1 some broken, 2 the module cannot be tested at all. */
#include "suite.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>

#include "values.h"

void
because (struct suite *suite, const char *format, ...)
{
	char text[400];
	va_list arguments;
	va_start (arguments, format);
	(void) vsnprintf (text, sizeof text, format, arguments);
	va_end (arguments);
	if (suite->why.length < 2000)
		(void) buffer_printf (&suite->why, "# %s\n", text);
}

void
promise (struct suite *suite, const char *name)
{
	bool kept = suite->why.length == 0;
	suite->count++;
	suite->failed += kept ? 0 : 1;
	printf ("%s%s %u - %s\n", buffer_text (&suite->why), kept ? "ok" : "not ok", suite->count, name);
	(void) fflush (stdout);
	buffer_clear (&suite->why);
}

static const struct larder_head *
load (const char *path)
{
	char *full = realpath (path, NULL);
	void *object = full != NULL ? dlopen (full, RTLD_NOW | RTLD_LOCAL) : NULL;
	const struct larder_head *(*entry) (const struct larder_host *host) = NULL;
	void *symbol = object != NULL ? dlsym (object, LARDER_MODULE_ENTRY) : NULL;
	memcpy (&entry, &symbol, sizeof entry);
	if (entry == NULL)
		fprintf (stderr, "larder-codec-test: %s: %s\n", path, full == NULL ? "no such file" : dlerror ());
	free (full);
	return entry != NULL ? entry (&suite_host) : NULL;
}

static int
set_options (struct larder_values *values, char **arguments, int count)
{
	struct larder_error error = LARDER_ERROR_INIT;
	int code = 0;
	for (int i = 0; code == 0 && i < count; i++) {
		char *equals = strchr (arguments[i], '=');
		if (equals == NULL) {
			fprintf (stderr, "larder-codec-test: '%s' is not key=value\n", arguments[i]);
			return 2;
		}
		*equals = '\0';
		code = values_set (values, arguments[i], equals + 1, NULL, &error);
	}
	if (code == 0)
		code = values_finish (values, NULL, &error);
	if (code != 0)
		fprintf (stderr, "larder-codec-test: %s\n", error.message);
	return code == 0 ? 0 : 2;
}

static int
test (struct suite *suite, char **arguments, int count)
{
	static const struct larder_option none[] = { { 0 } };
	const struct larder_codec *codec = suite->codec;
	void *self = calloc (1, codec->self_size + 1);
	struct larder_values *values = values_new (codec->options != NULL ? codec->options : none, codec->head.option_stride, self);
	int status = self == NULL || values == NULL ? 2 : set_options (values, arguments, count);
	suite->self = codec->self_size > 0 ? self : NULL;
	if (status == 0 && suite_table (suite)) {
		suite_pictures (suite);
		suite_faults (suite);
		suite_limits (suite);
	}
	if (status == 0) {
		printf ("1..%u\n", suite->count);
		status = suite->failed > 0 ? 1 : 0;
	}
	values_free (values);
	free (self);
	return status;
}

int
main (int argc, char **argv)
{
	if (argc < 2 || argv[1][0] == '-') {
		fprintf (argc < 2 ? stderr : stdout, "usage: larder-codec-test FILE.so [key=value ...]\n"
		         "Runs a codec against its contract, one TAP line a promise; key=value are the codec's options.\n");
		return argc < 2 ? 2 : 0;
	}
	const struct larder_head *head = load (argv[1]);
	if (head == NULL || head->kind != LARDER_KIND_CODEC) {
		fprintf (stderr, "larder-codec-test: '%s' is not a codec\n", argv[1]);
		return 2;
	}
	struct larder_codec codec = { .name = NULL };
	memcpy (&codec, head, head->size < sizeof codec ? head->size : sizeof codec);
	struct suite suite = { .codec = &codec };
	buffer_init (&suite.why, 65536);
	int status = test (&suite, argv + 2, argc - 2);
	buffer_free (&suite.why);
	suite_call_done ();
	return status;
}
