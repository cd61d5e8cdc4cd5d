/* codec-dump.c: what a codec makes of a file, for the tests.
 *
 *   codec-dump decode CODEC.so FILE [raw=FILE] [LIMIT=N …] [want=WIDTHxHEIGHT]   facts as JSON; pixels, as given, to the file raw
 *       [stream=1]     the source has no pread        [fail-at=N]   it fails from byte N on
 *       [header=1]     only the header is asked for   [cancel=1]    the call is cancelled before the first row
 *   codec-dump srgb …                                                            the same after to_srgb
 *   codec-dump encode CODEC.so WIDTH HEIGHT PIXELS [quality=N] [effort=N] [lossless] [profile=FILE] [own-OPTION=VALUE …] < raw > picture
 *
 * Exit: 0, or minus the LARDER_E_ code with its message and the next step, a line each. Uses the suite's host. */
#include "suite.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "json.h"
#include "values.h"

struct file { int fd; uint64_t at, fail_at; bool cancel; };

static int64_t
file_pread (void *context, void *into, size_t count, uint64_t offset, struct larder_error *error)
{
	const struct file *file = context;
	if (offset + count > file->fail_at)
		count = offset < file->fail_at ? (size_t) (file->fail_at - offset) : 0;
	if (count == 0)
		return larder_fail (error, LARDER_E_UNAVAILABLE, "the source fails here");
	return pread (file->fd, into, count, (off_t) offset);
}

static int64_t
file_read (void *context, void *into, size_t count, struct larder_error *error)
{
	struct file *file = context;
	int64_t got = file_pread (context, into, count, file->at, error);
	file->at += got > 0 ? (uint64_t) got : 0;
	return got;
}

static int
file_rewind (void *context, struct larder_error *error)
{
	(void) error;
	((struct file *) context)->at = 0;
	return 0;
}

/* Of this program alone: getrusage would count what the parent was before exec. */
static uint64_t
peak_kib (void)
{
	char line[256];
	unsigned long peak = 0;
	FILE *file = fopen ("/proc/self/status", "re");
	while (file != NULL && fgets (line, sizeof line, file) != NULL)
		if (strncmp (line, "VmHWM:", 6) == 0)
			peak = strtoul (line + 6, NULL, 10);
	if (file != NULL)
		(void) fclose (file);
	return peak;
}

static void
print_facts (const struct larder_picture *facts, const char *note)
{
	struct buffer text;
	struct json json;
	buffer_init (&text, 65536);
	json_begin (&json, &text);
	json_put_object (&json);
	json_member_uint (&json, "width", facts->width);
	json_member_uint (&json, "height", facts->height);
	json_member_uint (&json, "full_width", facts->full_width);
	json_member_uint (&json, "full_height", facts->full_height);
	json_member (&json, "pixels", pixels_word (facts->pixels));
	json_member_uint (&json, "depth", facts->depth);
	json_member_uint (&json, "orientation", facts->orientation);
	json_member_uint (&json, "frames", facts->frames);
	json_member_uint (&json, "memory", facts->memory);
	json_member_bool (&json, "rows", (facts->flags & LARDER_PICTURE_ROWS) != 0);
	json_member_bool (&json, "alpha", (facts->flags & LARDER_PICTURE_ALPHA) != 0);
	json_member_bool (&json, "interlaced", (facts->flags & LARDER_PICTURE_INTERLACED) != 0);
	json_member_bool (&json, "not_srgb", (facts->flags & LARDER_PICTURE_NOT_SRGB) != 0);
	json_member_bool (&json, "trailing", (facts->flags & LARDER_PICTURE_TRAILING) != 0);
	json_member (&json, "colour", facts->colour);
	json_member (&json, "profile", facts->profile);
	json_member (&json, "note", facts->note);
	json_member (&json, "note_after", note);
	json_member_uint (&json, "rss_kib", peak_kib ());
	json_member_uint (&json, "host_peak", suite_count ().peak);
	json_put_object_end (&json);
	puts (buffer_text (&text));
	buffer_free (&text);
}

static int
rows_of (const struct larder_codec *codec, void *state, const struct larder_picture *facts, bool srgb, bool cancel, FILE *raw,
         struct larder_error *error)
{
	size_t bytes = facts->width * larder_pixel_bytes (facts->pixels);
	uint8_t *row = malloc (bytes + 1);
	int code = 0;
	for (uint32_t y = 0; code == 0 && y < facts->height; y++) {
		code = codec->decode_rows (state, cancel ? suite_call_cancelled () : suite_call (), row, bytes, 1, error);
		if (code == 0 && srgb && (facts->flags & LARDER_PICTURE_NOT_SRGB) != 0)
			code = codec->to_srgb (state, suite_call (), row, bytes, 1, error);
		if (code == 0 && raw != NULL)
			(void) fwrite (row, 1, bytes, raw);
	}
	if (code != 0 && code != LARDER_E_CANCELLED && codec->decode_rows (state, suite_call (), row, bytes, 1, NULL) == 0)
		code = larder_fail (error, LARDER_E_RETRY, "there are rows after a failure");
	free (row);
	return code;
}

/* Pillow's own limit on pixels where none is given; the file for the rows, or NULL. */
static FILE *
take_limits (struct larder_decode *request, struct larder_source *source, char **settings)
{
	struct file *file = source->context;
	FILE *raw = NULL;
	request->limits.pixels = 178956970;
	request->limits.metadata = 4 << 20;
	for (; *settings != NULL; settings++) {
		struct larder_limits *limits = &request->limits;
		char *equals = strchr (*settings, '=');
		const char *value = equals != NULL ? equals + 1 : "";
		unsigned long long number = strtoull (value, NULL, 10);
		size_t length = equals != NULL ? (size_t) (equals - *settings) : 0;
#define IS(word) (length == strlen (word) && memcmp (*settings, word, length) == 0)
		if (IS ("raw"))
			raw = fopen (value, "we");
		limits->width = IS ("width") ? (uint32_t) number : limits->width;
		limits->height = IS ("height") ? (uint32_t) number : limits->height;
		limits->pixels = IS ("pixels") ? number : limits->pixels;
		limits->memory = IS ("memory") ? number : limits->memory;
		limits->frames = IS ("frames") ? (uint32_t) number : limits->frames;
		limits->metadata = IS ("metadata") ? number : limits->metadata;
		limits->scans = IS ("scans") ? (uint32_t) number : limits->scans;
		limits->expansion = IS ("expansion") ? number : limits->expansion;
		request->header_only |= IS ("header");
		file->cancel |= IS ("cancel");
		file->fail_at = IS ("fail-at") ? number : file->fail_at;
		if (IS ("stream"))
			source->pread = NULL;
		if (IS ("want"))
			(void) sscanf (value, "%ux%u", &request->want_width, &request->want_height);
	}
	return raw;
}

static int
decode (const struct larder_codec *codec, const void *self, const char *path, bool srgb, char **settings, struct larder_error *error)
{
	struct file file = { open (path, O_RDONLY | O_CLOEXEC), 0, UINT64_MAX, false };
	struct larder_source source = {
		.size = sizeof source, .context = &file, .length = (uint64_t) lseek (file.fd, 0, SEEK_END), .pread = file_pread, .read = file_read,
		.rewind = file_rewind,
	};
	struct larder_decode request = { .size = sizeof request, .limits = plenty () };
	struct larder_picture facts = { .size = sizeof facts };
	FILE *raw = take_limits (&request, &source, settings);
	void *state = NULL;
	int code = codec->decode_begin (self, suite_call (), &request, &source, &facts, &state, error);
	if (code == 0) {
		code = rows_of (codec, state, &facts, srgb, file.cancel, raw, error);
		if (code == 0)
			print_facts (&facts, codec->decode_note != NULL ? codec->decode_note (state) : NULL);
		codec->decode_end (state);
	}
	if (raw != NULL)
		(void) fclose (raw);
	(void) close (file.fd);
	return code;
}

/* What the caller asks for, and the codec's own options. */
static int
take_settings (struct run *run, struct larder_values *values, char **settings, uint8_t profile[4096], struct larder_error *error)
{
	int code = 0;
	run->lossless = false;
	for (; code == 0 && *settings != NULL; settings++) {
		char *equals = strchr (*settings, '=');
		const char *value = equals != NULL ? equals + 1 : "";
		if (equals != NULL)
			*equals = '\0';
		if (strcmp (*settings, "lossless") == 0)
			run->lossless = true;
		else if (strcmp (*settings, "quality") == 0)
			run->quality = (int32_t) strtol (value, NULL, 10);
		else if (strcmp (*settings, "effort") == 0)
			run->effort = (int32_t) strtol (value, NULL, 10);
		else if (strcmp (*settings, "profile") == 0) {
			FILE *icc = fopen (value, "re");
			run->icc = profile;
			run->icc_length = icc != NULL ? fread (profile, 1, 4096, icc) : 0;
			if (icc != NULL)
				(void) fclose (icc);
		} else
			code = values_set (values, *settings + strlen ("own-"), value, NULL, error);
	}
	return code;
}

static int
encode (const struct larder_codec *codec, const void *self, struct larder_values *values, char **argv, struct larder_error *error)
{
	struct suite suite = { .codec = codec, .self = self };
	struct run run = RUN_PLAIN;
	uint8_t profile[4096];
	struct picture picture;
	struct buffer out;
	buffer_init (&out, 1 << 29);
	picture_new (&picture, (uint32_t) strtoul (argv[0], NULL, 10), (uint32_t) strtoul (argv[1], NULL, 10), (uint32_t) strtoul (argv[2], NULL, 10));
	int code = take_settings (&run, values, argv + 3, profile, error);
	size_t got = fread (picture.at, 1, picture.bytes * picture.height, stdin);
	if (code == 0)
		code = got == picture.bytes * picture.height ? run_encode (&suite, &run, &picture, &out) : LARDER_E_INVALID;
	if (code == 0)
		(void) fwrite (out.at, 1, out.length, stdout);
	picture_free (&picture);
	buffer_free (&out);
	return code;
}

void
because (struct suite *suite, const char *format, ...)
{
	(void) suite, (void) format;
}

int
main (int argc, char **argv)
{
	const struct larder_head *(*entry) (const struct larder_host *host) = NULL;
	struct larder_error error = LARDER_ERROR_INIT;
	void *object = argc >= 4 ? dlopen (argv[2], RTLD_NOW | RTLD_LOCAL) : NULL;
	void *symbol = object != NULL ? dlsym (object, LARDER_MODULE_ENTRY) : NULL;
	memcpy (&entry, &symbol, sizeof entry);
	if (entry == NULL) {
		fprintf (stderr, "codec-dump: no codec to ask\n");
		return 99;
	}
	const struct larder_codec *codec = (const void *) entry (&suite_host);
	void *self = calloc (1, codec->self_size + 1);
	struct larder_values *values = values_new (codec->options, codec->head.option_stride, self);
	int code = LARDER_E_INVALID;
	if (argv[1][0] == 'e' && argc >= 6)
		code = encode (codec, self, values, argv + 3, &error);
	else
		code = decode (codec, self, argv[3], argv[1][0] == 's', argv + 4, &error);
	if (code != 0)
		fprintf (stderr, "%s\n%s\n", error.message, error.next);
	if (suite_count ().live != 0) {
		fprintf (stderr, "codec-dump: %zu bytes leaked\n", suite_count ().live);
		code = -98;
	}
	values_free (values);
	free (self);
	suite_call_done ();
	return -code;
}
