/* templates.h: files of a new module's folder; included by new.c alone. */
#ifndef LARDER_MODULE_TEMPLATES_H
#define LARDER_MODULE_TEMPLATES_H

#include <stdbool.h>
#include <stddef.h>

struct template { const char *file, *text; bool is_source; };
struct template_set { const char *kind; size_t count; struct template templates[4]; };

#define MAKEFILE(kind) \
	"# Builds " kind "-@NAME@.so against an installed larder. PKG_CONFIG_PATH finds one in an odd place.\n" \
	"CFLAGS = -O2 -g -Wall -Wextra\n" \
	"MODULEDIR = $(shell pkg-config --variable=moduledir larder-module)\n\n" \
	kind "-@NAME@.so: " kind "-@NAME@.c\n" \
	"\t$(CC) -std=gnu11 $(CFLAGS) -fvisibility=hidden -fPIC -shared -Wl,-z,defs $$(pkg-config --cflags larder-module) -o $@ $<\n\n" \
	"check: " kind "-@NAME@.so\n" \
	"\tlarder module check ./" kind "-@NAME@.so\n\n" \
	"install: " kind "-@NAME@.so\n" \
	"\tinstall -D -m 755 $< $(DESTDIR)$(MODULEDIR)/$<\n\n" \
	"clean:\n\trm -f " kind "-@NAME@.so\n"

#define README(kind, more) \
	"# " kind "-@NAME@\n\nA " kind " for larder. `make` builds it, `make check` runs the installed suite on it, `make install`\n" \
	"puts it where larder looks. " more "\n"

static const char driver_source[] =
	"/* driver-@NAME@.c: objects in memory, as a start. Replace the bodies by your storage. */\n"
	"#define LARDER_API_VERSION 0\n"
	"#include <larder/driver.h>\n\n"
	"struct @C_NAME@ { const char *greeting; };\n\n"
	"static const struct larder_option options[] = {\n"
	"\t{ .key = \"greeting\", .type = LARDER_STRING, .def = \"hello\", .at = offsetof (struct @C_NAME@, greeting), .help = \"said in the log at open\" },\n"
	"\t{ 0 }\n};\n\n"
	"static int\n@C_NAME@_open (void *self, struct larder_call *call, const struct larder_open *request, struct larder_error *error)\n"
	"{\n\tconst struct @C_NAME@ *me = self;\n\t(void) call, (void) error;\n"
	"\tlarder_host->log (LARDER_LOG_DEBUG, \"@NAME@: %s from [backend \\\"%s\\\"]\", me->greeting, request->name);\n\treturn 0;\n}\n\n"
	"static void\n@C_NAME@_close (void *self)\n{\n\t(void) self;\n}\n\n"
	"/* There is nothing here yet: every object is missing, every listing is empty. */\n"
	"static int\n@C_NAME@_stat (void *self, struct larder_call *call, const struct larder_object *object, struct larder_info *ret_info, struct larder_error *error)\n"
	"{\n\t(void) self, (void) call, (void) ret_info;\n\treturn larder_fail (error, LARDER_E_NOTFOUND, \"no object '%s'\", object->key);\n}\n\n"
	"static int\n@C_NAME@_read (void *self, struct larder_call *call, const struct larder_read *request, const struct larder_sink *sink, struct larder_error *error)\n"
	"{\n\t(void) self, (void) call, (void) sink;\n\treturn larder_fail (error, LARDER_E_NOTFOUND, \"no object '%s'\", request->object.key);\n}\n\n"
	"static int\n@C_NAME@_write (void *self, struct larder_call *call, const struct larder_write *request, const struct larder_source *source, struct larder_info *ret_info, struct larder_error *error)\n"
	"{\n\t(void) self, (void) call, (void) source, (void) ret_info;\n\treturn larder_fail (error, LARDER_E_UNSUPPORTED, \"@NAME@ cannot store '%s' yet\", request->key);\n}\n\n"
	"static int\n@C_NAME@_remove (void *self, struct larder_call *call, const char *bucket, const struct larder_remove *items, size_t count, size_t stride, larder_removed_fn removed, void *context, struct larder_error *error)\n"
	"{\n\t(void) self, (void) call, (void) bucket, (void) items, (void) stride, (void) error;\n\tint code = 0;\n"
	"\tfor (size_t i = 0; i < count && code == 0; i++)\n\t\tcode = removed (context, i, 0, NULL, NULL);\n\treturn code;\n}\n\n"
	"static int\n@C_NAME@_list (void *self, struct larder_call *call, const struct larder_list *request, larder_item_fn item, void *context, struct larder_page *ret_page, struct larder_error *error)\n"
	"{\n\t(void) self, (void) call, (void) request, (void) item, (void) context, (void) error;\n"
	"\tstruct larder_page page = { .size = sizeof page, .complete = true };\n\tlarder_give (ret_page, &page);\n\treturn 0;\n}\n\n"
	"static const struct larder_driver driver = {\n"
	"\t.head = LARDER_DRIVER_HEAD, .name = \"@NAME@\", .version = \"0.1.0\", .summary = \"a driver to begin with\",\n"
	"\t.threads = LARDER_THREADS_PARALLEL, .options = options, .self_size = sizeof (struct @C_NAME@),\n"
	"\t.open = @C_NAME@_open, .close = @C_NAME@_close, .stat = @C_NAME@_stat, .read = @C_NAME@_read,\n"
	"\t.write = @C_NAME@_write, .remove = @C_NAME@_remove, .list = @C_NAME@_list,\n};\nLARDER_DRIVER (driver)\n";

static const char codec_source[] =
	"/* codec-@NAME@.c: a picture format to begin with: \"@NAME@\" and a NUL, width and height as four bytes\n"
	" * each, little-endian, then the rows of 8-bit RGB. */\n"
	"#define LARDER_API_VERSION 0\n"
	"#include <larder/codec.h>\n\n"
	"static const char magic[] = \"@NAME@\";\nenum { HEAD = sizeof magic + 8 };\n\n"
	"struct state { const struct larder_source *source; const struct larder_sink *sink; uint32_t width, height, row; };\n\n"
	"static uint32_t\n@C_NAME@_bid (const void *head, size_t count)\n"
	"{\n\treturn count >= sizeof magic && memcmp (head, magic, sizeof magic) == 0 ? 8 * sizeof magic : 0;\n}\n\n"
	"static uint32_t\nnumber (const unsigned char *at)\n{\n\treturn at[0] | (uint32_t) at[1] << 8 | (uint32_t) at[2] << 16 | (uint32_t) at[3] << 24;\n}\n\n"
	"/* All of `count` bytes, or INTEGRITY. */\n"
	"static int\nread_all (const struct larder_source *source, void *into, size_t count, uint64_t at, struct larder_error *error)\n{\n"
	"\tfor (size_t done = 0; done < count;) {\n"
	"\t\tint64_t got = source->pread ? source->pread (source->context, (char *) into + done, count - done, at + done, error)\n"
	"\t\t\t: source->read (source->context, (char *) into + done, count - done, error);\n"
	"\t\tif (got < 0)\n\t\t\treturn (int) got;\n"
	"\t\tif (got == 0)\n\t\t\treturn larder_fail (error, LARDER_E_INTEGRITY, \"picture is truncated\");\n\t\tdone += (size_t) got;\n\t}\n\treturn 0;\n}\n\n"
	"static int\n@C_NAME@_decode_begin (const void *self, struct larder_call *call, const struct larder_decode *request, const struct larder_source *source, struct larder_picture *ret_picture, void **ret_state, struct larder_error *error)\n"
	"{\n\t(void) self, (void) call;\n\tunsigned char head[HEAD];\n\tint code = read_all (source, head, sizeof head, 0, error);\n\tif (code < 0)\n\t\treturn code;\n"
	"\tuint32_t width = number (head + sizeof magic), height = number (head + sizeof magic + 4);\n"
	"\tif (!width || !height || memcmp (head, magic, sizeof magic) != 0)\n\t\treturn larder_fail (error, LARDER_E_INTEGRITY, \"not a @NAME@ picture\");\n"
	"\tif (width > request->limits.width || height > request->limits.height || (uint64_t) width * height > request->limits.pixels)\n"
	"\t\treturn larder_fail (error, LARDER_E_LIMIT, \"picture of %ux%u is over the limit\", width, height);\n"
	"\tstruct state *state = larder_host->alloc (sizeof *state);\n\tif (!state)\n\t\treturn larder_fail (error, LARDER_E_LIMIT, \"out of memory\");\n"
	"\t*state = (struct state) { .source = source, .width = width, .height = height };\n"
	"\tstruct larder_picture picture = { .size = sizeof picture, .width = width, .height = height, .full_width = width, .full_height = height,\n"
	"\t\t.pixels = LARDER_RGB8, .depth = 8, .flags = LARDER_PICTURE_ROWS, .orientation = 1, .frames = 1, .memory = sizeof *state, .colour = \"rgb\" };\n"
	"\tlarder_give (ret_picture, &picture);\n\t*ret_state = state;\n\treturn 0;\n}\n\n"
	"static int\n@C_NAME@_decode_rows (void *at, struct larder_call *call, void *rows, size_t stride, uint32_t count, struct larder_error *error)\n"
	"{\n\tstruct state *state = at;\n\tif (count > state->height - state->row)\n\t\treturn larder_fail (error, LARDER_E_INVALID, \"rows beyond the last one\");\n"
	"\tfor (uint32_t i = 0; i < count; i++, state->row++) {\n\t\tsize_t bytes = (size_t) state->width * 3;\n"
	"\t\tif (larder_host->cancelled (call))\n\t\t\treturn larder_fail (error, LARDER_E_CANCELLED, \"cancelled\");\n"
	"\t\tint code = read_all (state->source, (char *) rows + i * stride, bytes, HEAD + (uint64_t) state->row * bytes, error);\n\t\tif (code < 0)\n\t\t\treturn code;\n\t}\n\treturn 0;\n}\n\n"
	"static void\n@C_NAME@_decode_end (void *state)\n{\n\tlarder_host->free (state);\n}\n\n"
	"static int\n@C_NAME@_encode_begin (const void *self, struct larder_call *call, const struct larder_encode *request, const struct larder_sink *sink, void **ret_state, struct larder_error *error)\n"
	"{\n\t(void) self, (void) call;\n\tif (request->pixels != LARDER_RGB8)\n\t\treturn larder_fail (error, LARDER_E_UNSUPPORTED, \"@NAME@ holds 8-bit RGB only\");\n"
	"\tstruct state *state = larder_host->alloc (sizeof *state);\n\tif (!state)\n\t\treturn larder_fail (error, LARDER_E_LIMIT, \"out of memory\");\n"
	"\t*state = (struct state) { .sink = sink, .width = request->width, .height = request->height };\n"
	"\tunsigned char head[HEAD];\n\tmemcpy (head, magic, sizeof magic);\n"
	"\tfor (unsigned i = 0; i < 4; i++) {\n\t\thead[sizeof magic + i] = (unsigned char) (state->width >> 8 * i);\n\t\thead[sizeof magic + 4 + i] = (unsigned char) (state->height >> 8 * i);\n\t}\n"
	"\tint code = sink->write (sink->context, head, sizeof head, error);\n\tif (code < 0)\n\t\tlarder_host->free (state);\n\telse\n\t\t*ret_state = state;\n\treturn code;\n}\n\n"
	"static int\n@C_NAME@_encode_rows (void *at, struct larder_call *call, const void *rows, size_t stride, uint32_t count, struct larder_error *error)\n"
	"{\n\tstruct state *state = at;\n\tint code = 0;\n\tif (larder_host->cancelled (call))\n\t\treturn larder_fail (error, LARDER_E_CANCELLED, \"cancelled\");\n"
	"\tif (count > state->height - state->row)\n\t\treturn larder_fail (error, LARDER_E_INVALID, \"rows beyond the last one\");\n"
	"\tfor (uint32_t i = 0; i < count && code == 0; i++, state->row++)\n\t\tcode = state->sink->write (state->sink->context, (const char *) rows + i * stride, (size_t) state->width * 3, error);\n\treturn code;\n}\n\n"
	"static int\n@C_NAME@_encode_end (void *at, struct larder_call *call, bool finish, struct larder_error *error)\n"
	"{\n\tstruct state *state = at;\n\t(void) call;\n\tbool missing = finish && state->row < state->height;\n\tlarder_host->free (state);\n"
	"\treturn missing ? larder_fail (error, LARDER_E_INVALID, \"rows are missing\") : 0;\n}\n\n"
	"static const struct larder_codec codec = {\n"
	"\t.head = LARDER_CODEC_HEAD, .name = \"@NAME@\", .version = \"0.1.0\", .summary = \"a codec to begin with\",\n"
	"\t.threads = LARDER_THREADS_PARALLEL, .caps = LARDER_CODEC_LOSSLESS, .content_type = \"image/x-@NAME@\", .extension = \"@NAME@\",\n"
	"\t.max_width = 65535, .max_height = 65535, .bid = @C_NAME@_bid,\n"
	"\t.decode_begin = @C_NAME@_decode_begin, .decode_rows = @C_NAME@_decode_rows, .decode_end = @C_NAME@_decode_end,\n"
	"\t.encode_begin = @C_NAME@_encode_begin, .encode_rows = @C_NAME@_encode_rows, .encode_end = @C_NAME@_encode_end,\n};\nLARDER_CODEC (codec)\n";

static const char lock_source[] =
	"/* lock-@NAME@.c: a lock provider to begin with: one holder, in this instance. Replace it by your service. */\n"
	"#define LARDER_API_VERSION 0\n"
	"#include <larder/lock.h>\n\n"
	"struct @C_NAME@ { char name[256], note[256]; uint64_t fence; int64_t until; };\n\n"
	"static int\n@C_NAME@_open (void *self, struct larder_call *call, const struct larder_lock_open *request, struct larder_error *error)\n"
	"{\n\t(void) self, (void) call, (void) request, (void) error;\n\treturn 0;\n}\n\n"
	"static void\n@C_NAME@_close (void *self)\n{\n\t(void) self;\n}\n\n"
	"static void\ncopy (char *into, size_t room, const char *text)\n{\n\tsize_t length = text ? strlen (text) : 0;\n\tif (length >= room)\n\t\tlength = room - 1;\n\tif (length)\n\t\tmemcpy (into, text, length);\n\tinto[length] = '\\0';\n}\n\n"
	"static bool\nis_held (const struct @C_NAME@ *me, const char *name)\n{\n\treturn me->until > larder_host->boot () && strcmp (me->name, name) == 0;\n}\n\n"
	"static int\n@C_NAME@_try_acquire (void *self, struct larder_call *call, const char *name, int64_t length, const char *note, struct larder_lease *ret_lease, struct larder_error *error)\n"
	"{\n\tstruct @C_NAME@ *me = self;\n\t(void) call;\n\tif (me->until > larder_host->boot ())\n\t\treturn larder_fail (error, LARDER_E_CONFLICT, \"'%s' is held by %s\", me->name, me->note);\n"
	"\tcopy (me->name, sizeof me->name, name);\n\tcopy (me->note, sizeof me->note, note);\n\tme->until = larder_host->boot () + length;\n\tme->fence++;\n"
	"\tstruct larder_lease lease = { .size = sizeof lease, .name = me->name, .token = \"one\", .fence = me->fence, .length = length, .note = me->note };\n"
	"\tlarder_give (ret_lease, &lease);\n\treturn 0;\n}\n\n"
	"static int\n@C_NAME@_renew (void *self, struct larder_call *call, const struct larder_lease *lease, struct larder_error *error)\n"
	"{\n\tstruct @C_NAME@ *me = self;\n\t(void) call;\n\tif (!is_held (me, lease->name) || me->fence != lease->fence)\n\t\treturn larder_fail (error, LARDER_E_CONFLICT, \"'%s' is no longer ours\", lease->name);\n"
	"\tme->until = larder_host->boot () + lease->length;\n\tcopy (me->note, sizeof me->note, lease->note);\n\treturn 0;\n}\n\n"
	"static int\n@C_NAME@_release (void *self, struct larder_call *call, const struct larder_lease *lease, struct larder_error *error)\n"
	"{\n\tstruct @C_NAME@ *me = self;\n\t(void) call, (void) error;\n\tif (is_held (me, lease->name) && me->fence == lease->fence)\n\t\tme->until = 0;\n\treturn 0;\n}\n\n"
	"static int\n@C_NAME@_holder (void *self, struct larder_call *call, const char *name, struct larder_lease *ret_lease, struct larder_error *error)\n"
	"{\n\tstruct @C_NAME@ *me = self;\n\t(void) call;\n\tif (!is_held (me, name))\n\t\treturn larder_fail (error, LARDER_E_NOTFOUND, \"nobody holds '%s'\", name);\n"
	"\tstruct larder_lease lease = { .size = sizeof lease, .name = me->name, .fence = me->fence, .length = me->until - larder_host->boot (), .note = me->note };\n"
	"\tlarder_give (ret_lease, &lease);\n\treturn 0;\n}\n\n"
	"static const struct larder_lock lock = {\n"
	"\t.head = LARDER_LOCK_HEAD, .name = \"@NAME@\", .version = \"0.1.0\", .summary = \"a lock provider to begin with\",\n"
	"\t.threads = LARDER_THREADS_SERIAL, .self_size = sizeof (struct @C_NAME@),\n"
	"\t.open = @C_NAME@_open, .close = @C_NAME@_close, .try_acquire = @C_NAME@_try_acquire,\n"
	"\t.renew = @C_NAME@_renew, .release = @C_NAME@_release, .holder = @C_NAME@_holder,\n};\nLARDER_LOCK (lock)\n";

static const struct template_set template_sets[] = {
	{ "driver", 3, { { NULL, driver_source, true }, { "Makefile", MAKEFILE ("driver"), false },
	  { "README.md", README ("driver", "larder-driver(3) describes each operation."), false } } },
	{ "codec", 3, { { NULL, codec_source, true }, { "Makefile", MAKEFILE ("codec"), false },
	  { "README.md", README ("codec", "larder-codec(3) describes each operation."), false } } },
	{ "lock", 3, { { NULL, lock_source, true }, { "Makefile", MAKEFILE ("lock"), false },
	  { "README.md", README ("lock", "larder-lock(3) describes each operation."), false } } },
	{ 0 }
};

#endif
