/* markers.c: EXIF and colour profile, taken out of APP1 and APP2 segments within the limit.
 *
 * libjpeg could keep whole segments itself, but all there are: a file may have a gigabyte of them. */
#include "codec-jpeg.h"

#define PROFILE_HEAD 14 /* "ICC_PROFILE", NUL, number of the part from 1, number of parts */

static uint8_t
next_byte (j_decompress_ptr jpeg)
{
	struct jpeg_source_mgr *source = jpeg->src;
	if (source->bytes_in_buffer == 0)
		(void) (*source->fill_input_buffer) (jpeg);
	source->bytes_in_buffer--;
	return *source->next_input_byte++;
}

static void
take_bytes (j_decompress_ptr jpeg, uint8_t *into, size_t count)
{
	while (count > 0) {
		struct jpeg_source_mgr *source = jpeg->src;
		if (source->bytes_in_buffer == 0)
			(void) (*source->fill_input_buffer) (jpeg);
		size_t some = source->bytes_in_buffer < count ? source->bytes_in_buffer : count;
		memcpy (into, source->next_input_byte, some);
		source->next_input_byte += some;
		source->bytes_in_buffer -= some;
		into += some;
		count -= some;
	}
}

/* Bytes of a segment without its length. Less than its length says: nothing. */
static size_t
segment_length (j_decompress_ptr jpeg)
{
	size_t length = (size_t) next_byte (jpeg) << 8;
	length |= next_byte (jpeg);
	return length > 2 ? length - 2 : 0;
}

static uint8_t *
take_copy (j_decompress_ptr jpeg, struct markers *markers, size_t length)
{
	uint8_t *copy = larder_host->alloc (length + 1);
	if (copy != NULL)
		take_bytes (jpeg, copy, length);
	else
		(*jpeg->src->skip_input_data) (jpeg, (long) length);
	markers->no_memory = markers->no_memory || copy == NULL;
	return copy;
}

/* EXIF: the first block counts. XMP comes in APP1 too, and is left alone. */
static boolean
on_app1 (j_decompress_ptr jpeg)
{
	struct markers *markers = markers_of ((j_common_ptr) jpeg);
	size_t length = segment_length (jpeg);
	uint8_t head[6];
	size_t some = length < sizeof head ? length : sizeof head;
	take_bytes (jpeg, head, some);
	length -= some;
	bool exif = some == sizeof head && memcmp (head, "Exif\0", 5) == 0 && markers->exif == NULL;
	markers->exif_over = markers->exif_over || (exif && length > markers->most);
	if (!exif || length > markers->most) {
		(*jpeg->src->skip_input_data) (jpeg, (long) length);
		return TRUE;
	}
	markers->exif_length = length;
	markers->exif = take_copy (jpeg, markers, length);
	return TRUE;
}

/* A part of the profile: in its place, or the profile is of no use. */
static void
take_part (j_decompress_ptr jpeg, struct markers *markers, unsigned number, unsigned wanted, size_t length)
{
	markers->broken = markers->broken || number == 0 || number > wanted || (markers->wanted != 0 && markers->wanted != wanted) ||
	                  markers->parts[number].at != NULL;
	markers->over = markers->over || length > markers->most || markers->total > markers->most - length;
	if (markers->broken || markers->over) {
		(*jpeg->src->skip_input_data) (jpeg, (long) length);
		return;
	}
	markers->wanted = wanted;
	markers->total += length;
	markers->parts[number].length = length;
	markers->parts[number].at = take_copy (jpeg, markers, length);
}

static boolean
on_app2 (j_decompress_ptr jpeg)
{
	struct markers *markers = markers_of ((j_common_ptr) jpeg);
	size_t length = segment_length (jpeg);
	uint8_t head[PROFILE_HEAD];
	size_t some = length < sizeof head ? length : sizeof head;
	take_bytes (jpeg, head, some);
	length -= some;
	if (some < sizeof head || memcmp (head, "ICC_PROFILE", 12) != 0)
		(*jpeg->src->skip_input_data) (jpeg, (long) length);
	else
		take_part (jpeg, markers, head[12], head[13], length);
	return TRUE;
}

void
markers_begin (j_decompress_ptr jpeg)
{
	jpeg_set_marker_processor (jpeg, JPEG_APP0 + 1, on_app1);
	jpeg_set_marker_processor (jpeg, JPEG_APP0 + 2, on_app2);
}

const uint8_t *
markers_profile (struct markers *markers, const char **ret_note)
{
	size_t at = 0;
	*ret_note = markers->over ? "its colour profile is over 'max-metadata' and was ignored"
		: markers->exif_over ? "its EXIF is over 'max-metadata' and was ignored" : NULL;
	for (unsigned i = 1; i <= markers->wanted; i++)
		markers->broken = markers->broken || markers->parts[i].at == NULL;
	if (markers->broken && !markers->over)
		*ret_note = "parts of its colour profile are missing, and it was ignored";
	if (markers->over || markers->broken || markers->total == 0)
		return NULL;
	markers->profile = larder_host->alloc (markers->total);
	markers->no_memory = markers->no_memory || markers->profile == NULL;
	for (unsigned i = 1; markers->profile != NULL && i <= markers->wanted; i++) {
		memcpy (markers->profile + at, markers->parts[i].at, markers->parts[i].length);
		at += markers->parts[i].length;
	}
	return markers->profile;
}

void
markers_free (struct markers *markers)
{
	for (unsigned i = 0; i < 256; i++)
		larder_host->free (markers->parts[i].at);
	larder_host->free (markers->exif);
	larder_host->free (markers->profile);
}
