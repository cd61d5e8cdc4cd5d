/* strip.c: metadata that shows places or prompts, taken out chunk by chunk; pixels, colour and orientation stay. */
#include "strip.h"

#include <stdlib.h>
#include <string.h>

#include "error.h"

enum { LOCATION = 1, TEXT = 2, ALL = 4 };

static unsigned
parts (const char *const *what)
{
	unsigned wanted = 0;
	for (; what && *what; what++)
		wanted |= strcmp (*what, "location") == 0 ? LOCATION : strcmp (*what, "text") == 0 ? TEXT : strcmp (*what, "all") == 0 ? ALL : 0;
	return wanted;
}

bool
strip_wanted (const char *const *what)
{
	return parts (what) != 0;
}

static uint32_t big (const unsigned char *at) { return (uint32_t) at[0] << 24 | (uint32_t) at[1] << 16 | (uint32_t) at[2] << 8 | at[3]; }
static uint32_t little (const unsigned char *at) { return (uint32_t) at[3] << 24 | (uint32_t) at[2] << 16 | (uint32_t) at[1] << 8 | at[0]; }

static bool
is_one_of (const unsigned char *type, const char *types)
{
	for (; *types; types += 4)
		if (memcmp (type, types, 4) == 0)
			return true;
	return false;
}

/* Places are in EXIF and XMP; prompts in text chunks, EXIF and XMP. What only `all` takes: times and thumbnails' kin. */
static bool
drop_png (const unsigned char *type, unsigned wanted)
{
	if (is_one_of (type, "tEXtzTXtiTXteXIf"))
		return true;
	return (wanted & ALL) && is_one_of (type, "tIMEhISTsPLToFFspCALsCALdSIGgIFggIFxgIFt");
}

int
strip_bytes (const struct larder_source *source, void *into, size_t count, uint64_t at, struct larder_error *error)
{
	int64_t got = source_pread (source, into, count, at, error);
	if (got < 0)
		return (int) got;
	return (size_t) got == count ? 0 : larder_fail (error, LARDER_E_INTEGRITY, "picture is truncated");
}

/* ---- the result: pieces of the source and a few bytes of our own; nothing large is held ----- */

enum { PIECES_MOST = 1 << 16, MADE_MOST = 4 << 20 };

static int
add_piece (struct strip *strip, uint64_t at, uint64_t count, bool made, struct larder_error *error)
{
	struct strip_piece *last = strip->count ? &strip->pieces[strip->count - 1] : NULL;
	if (count == 0)
		return 0;
	if (last && last->made == made && last->at + (strip->length - last->start) == at) {
		strip->length += count;
		return 0;
	}
	if (strip->count == strip->room) {
		size_t room = strip->room ? strip->room * 2 : 16;
		if (room > PIECES_MOST)
			return larder_fail (error, LARDER_E_LIMIT, "picture has more than %d separate runs of chunks to keep", PIECES_MOST);
		struct strip_piece *more = realloc (strip->pieces, room * sizeof *more);
		if (!more)
			return larder_fail_memory (error);
		strip->pieces = more;
		strip->room = room;
	}
	strip->pieces[strip->count++] = (struct strip_piece) { strip->length, at, made };
	strip->length += count;
	return 0;
}

int
strip_keep (struct strip *strip, uint64_t at, uint64_t count, struct larder_error *error)
{
	return add_piece (strip, at, count, false, error);
}

int
strip_make (struct strip *strip, const void *bytes, size_t count, struct larder_error *error)
{
	uint64_t at = strip->made.length;
	return buffer_add (&strip->made, bytes, count) < 0 ? larder_fail_memory (error) : add_piece (strip, at, count, true, error);
}

/* The piece that holds byte `offset`. */
static size_t
find_piece (const struct strip *strip, uint64_t offset)
{
	size_t low = 0, high = strip->count;
	while (high - low > 1) {
		size_t middle = low + (high - low) / 2;
		if (strip->pieces[middle].start <= offset)
			low = middle;
		else
			high = middle;
	}
	return low;
}

static int64_t
strip_pread (void *context, void *into, size_t count, uint64_t offset, struct larder_error *error)
{
	const struct strip *strip = context;
	if (offset >= strip->length || !strip->count)
		return 0;
	size_t i = find_piece (strip, offset);
	const struct strip_piece *piece = &strip->pieces[i];
	uint64_t end = i + 1 < strip->count ? piece[1].start : strip->length, from = piece->at + (offset - piece->start);
	if (count > end - offset)
		count = (size_t) (end - offset);
	if (!piece->made)
		return source_pread (strip->source, into, count, from, error);
	memcpy (into, strip->made.at + from, count);
	return (int64_t) count;
}

static int64_t
strip_read (void *context, void *into, size_t count, struct larder_error *error)
{
	struct strip *strip = context;
	int64_t got = strip_pread (strip, into, count, strip->next, error);
	if (got > 0)
		strip->next += (uint64_t) got;
	return got;
}

static int
strip_rewind (void *context, struct larder_error *error)
{
	struct strip *strip = context;
	(void) error;
	strip->next = 0;
	return 0;
}

void
strip_source (struct strip *strip, struct larder_source *ret)
{
	*ret = (struct larder_source) {
		.size = sizeof *ret, .context = strip, .length = strip->length, .pread = strip_pread, .read = strip_read, .rewind = strip_rewind,
	};
}

void
strip_free (struct strip *strip)
{
	free (strip->pieces);
	buffer_free (&strip->made);
	strip->pieces = NULL;
}

/* ---- chunks -------------------------------------------------------------------------------------- */

static uint16_t exif16 (const unsigned char *at, bool motorola) { return (uint16_t) (motorola ? at[0] << 8 | at[1] : at[1] << 8 | at[0]); }
static uint32_t exif32 (const unsigned char *at, bool motorola) { return motorola ? big (at) : little (at); }

/* The orientation of an EXIF block, 1 when it has none. */
static unsigned
exif_orientation (const unsigned char *exif, size_t length)
{
	if (length >= 6 && memcmp (exif, "Exif\0\0", 6) == 0) {
		exif += 6;
		length -= 6;
	}
	if (length < 8 || (memcmp (exif, "II*\0", 4) != 0 && memcmp (exif, "MM\0*", 4) != 0))
		return 1;
	bool motorola = exif[0] == 'M';
	uint32_t at = exif32 (exif + 4, motorola);
	if (at > length - 2 || at < 8)
		return 1;
	unsigned count = exif16 (exif + at, motorola);
	for (size_t entry = at + 2; count-- > 0 && entry + 12 <= length; entry += 12)
		if (exif16 (exif + entry, motorola) == 0x0112) {
			unsigned value = exif16 (exif + entry + 8, motorola);
			return value >= 1 && value <= 8 ? value : 1;
		}
	return 1;
}

/* A block that says nothing but the orientation. */
void
strip_exif_of (unsigned orientation, unsigned char ret[EXIF_BLOCK])
{
	static const unsigned char block[EXIF_BLOCK] = { 'M', 'M', 0, '*', 0, 0, 0, 8, 0, 1, 0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0 };
	memcpy (ret, block, sizeof block);
	ret[19] = (unsigned char) orientation;
}

static uint32_t
png_crc (const unsigned char *at, size_t count)
{
	uint32_t crc = ~0u;
	while (count--) {
		crc ^= *at++;
		for (int bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? 0xedb88320u : 0);
	}
	return ~crc;
}

static void
store_big (unsigned char *at, uint32_t value)
{
	for (int i = 0; i < 4; i++)
		at[i] = (unsigned char) (value >> (24 - 8 * i));
}

enum { EXIF_MOST = 256 << 10 };

int
strip_orientation (const struct larder_source *source, uint64_t at, uint32_t length, unsigned *ret, struct larder_error *error)
{
	size_t take = length < EXIF_MOST ? length : EXIF_MOST;
	unsigned char *exif = malloc (take ? take : 1);
	if (!exif)
		return larder_fail_memory (error);
	int code = strip_bytes (source, exif, take, at, error);
	*ret = code == 0 ? exif_orientation (exif, take) : 1;
	free (exif);
	return code;
}

static int
keep_png_orientation (struct strip *strip, unsigned orientation, struct larder_error *error)
{
	unsigned char chunk[12 + 26] = { 0, 0, 0, 26, 'e', 'X', 'I', 'f' };
	if (orientation == 1)
		return 0;
	strip_exif_of (orientation, chunk + 8);
	store_big (chunk + 34, png_crc (chunk + 4, 30));
	return strip_make (strip, chunk, sizeof chunk, error);
}

static int
strip_png (struct strip *strip, unsigned wanted, struct larder_error *error)
{
	const struct larder_source *source = strip->source;
	uint64_t at = 8;
	int code = strip_keep (strip, 0, 8, error);
	for (bool end = false; code == 0 && !end && at < source->length;) {
		unsigned char head[8];
		code = strip_bytes (source, head, sizeof head, at, error);
		if (code < 0)
			break;
		uint32_t length = big (head);
		if (at + 12 + length > source->length)
			return memcmp (head + 4, "IEND", 4) == 0 ? strip_keep (strip, at, source->length - at, error)
				: larder_fail (error, LARDER_E_INTEGRITY, "picture is truncated");
		if (!drop_png (head + 4, wanted)) {
			code = strip_keep (strip, at, 12 + (uint64_t) length, error);
		} else if (memcmp (head + 4, "eXIf", 4) == 0) {
			unsigned orientation;
			code = strip_orientation (source, at + 8, length, &orientation, error);
			if (code == 0)
				code = keep_png_orientation (strip, orientation, error);
		}
		end = memcmp (head + 4, "IEND", 4) == 0;   /* what follows the picture is not taken along */
		at += 12 + (uint64_t) length;
	}
	return code;
}

static int
keep_webp_exif (struct strip *strip, uint64_t at, uint32_t length, bool *ret_kept, struct larder_error *error)
{
	unsigned orientation;
	unsigned char chunk[8 + 26] = { 'E', 'X', 'I', 'F', 26, 0, 0, 0 };
	int code = strip_orientation (strip->source, at, length, &orientation, error);
	if (code < 0 || orientation == 1)
		return code;
	strip_exif_of (orientation, chunk + 8);
	*ret_kept = true;
	return strip_make (strip, chunk, sizeof chunk, error);
}

/* The extended header says which chunks follow: its flags, at *ret_flags of what is made, are set at the end. */
static int
take_webp_header (struct strip *strip, uint64_t at, uint64_t whole, size_t *ret_flags, struct larder_error *error)
{
	unsigned char header[18];
	if (whole != sizeof header)
		return larder_fail (error, LARDER_E_INTEGRITY, "picture has an extended header of %llu bytes", (unsigned long long) whole);
	int code = strip_bytes (strip->source, header, sizeof header, at, error);
	*ret_flags = strip->made.length + 8;
	return code < 0 ? code : strip_make (strip, header, sizeof header, error);
}

static int
strip_webp (struct strip *strip, struct larder_error *error)
{
	const struct larder_source *source = strip->source;
	unsigned char head[12];
	int code = strip_bytes (source, head, sizeof head, 0, error);
	uint64_t at = 12, end = code == 0 ? 8 + (uint64_t) little (head + 4) : 0;
	bool kept = false;
	size_t flags = 0;
	if (code == 0)
		code = strip_make (strip, head, sizeof head, error);
	while (code == 0 && at + 8 <= end && at + 8 <= source->length) {
		unsigned char chunk[8];
		code = strip_bytes (source, chunk, sizeof chunk, at, error);
		if (code < 0)
			break;
		uint32_t length = little (chunk + 4);
		uint64_t whole = 8 + (uint64_t) length + (length & 1);
		if (at + whole > source->length)
			whole = source->length - at;
		if (is_one_of (chunk, "EXIF"))
			code = keep_webp_exif (strip, at + 8, length, &kept, error);
		else if (is_one_of (chunk, "VP8X"))
			code = take_webp_header (strip, at, whole, &flags, error);
		else if (!is_one_of (chunk, "XMP "))
			code = strip_keep (strip, at, whole, error);
		at += whole;
	}
	if (code == 0 && flags)
		strip->made.at[flags] = (char) ((strip->made.at[flags] & ~0x0c) | (kept ? 0x08 : 0));   /* the EXIF and XMP bits */
	for (int i = 0; code == 0 && i < 4; i++)
		strip->made.at[4 + i] = (char) ((strip->length - 8) >> 8 * i);
	return code;
}

int
strip_file (struct strip *strip, const struct larder_source *source, const char *format, const char *const *what, struct larder_error *error)
{
	*strip = (struct strip) { .source = source };
	buffer_init (&strip->made, MADE_MOST);
	if (strcmp (format, "png") == 0)
		return strip_png (strip, parts (what), error);
	if (strcmp (format, "webp") == 0)
		return strip_webp (strip, error);
	if (strcmp (format, "jpeg") == 0)
		return strip_jpeg (strip, error);
	int code = larder_fail (error, LARDER_E_UNSUPPORTED, "metadata of %s cannot be taken out yet", format);
	larder_explain (error, LARDER_DETAIL_NEXT, "set 'strip = no' in the pipeline, or convert");
	return code;
}
