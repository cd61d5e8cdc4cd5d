/* head.c: size and kind of a WebP from its first bytes, before anything is allocated. */
#include "codec-webp.h"

static uint32_t
number (const uint8_t *at, unsigned bytes)
{
	return shared_number (at, bytes, false);
}

static int
damaged (const char *how, struct larder_error *error)
{
	return larder_fail (error, LARDER_E_INTEGRITY, "picture is damaged: %s", how);
}

/* The container's own length against the file's. */
static int
check_container (const uint8_t *bytes, size_t count, uint64_t file, struct webp_head *head, struct larder_error *error)
{
	static const char signature[12] = "RIFF\0\0\0\0WEBP";
	if (count == 0)
		return larder_fail (error, LARDER_E_INTEGRITY, "picture is empty");
	for (size_t i = 0; i < sizeof signature && i < count; i++)
		if ((i < 4 || i >= 8) && bytes[i] != (uint8_t) signature[i])
			return larder_fail (error, LARDER_E_UNSUPPORTED, "not a WebP picture");
	if (count < 30)
		return larder_fail (error, LARDER_E_INTEGRITY, "picture is cut short: the file ends after %zu bytes", count);
	uint32_t length = number (bytes + 4, 4);
	head->length = 8 + (uint64_t) length + (length & 1);
	if (head->length == file + 1)
		head->length = file; /* only the padding byte is missing */
	if (head->length > file)
		return larder_fail (error, LARDER_E_INTEGRITY, "picture is cut short: %llu bytes of %llu", (unsigned long long) file,
		                    (unsigned long long) head->length);
	return head->length < 30 ? damaged ("its length cannot be true", error) : 0;
}

int
webp_head_read (const uint8_t *bytes, size_t count, uint64_t file, struct webp_head *ret, struct larder_error *error)
{
	struct webp_head head = { 0 };
	int code = check_container (bytes, count, file, &head, error);
	if (code != 0)
		return code;
	const uint8_t *data = bytes + 20;
	if (memcmp (bytes + 12, "VP8X", 4) == 0) {
		head.animated = (data[0] & 0x02) != 0;
		head.alpha = (data[0] & 0x10) != 0;
		head.width = 1 + number (data + 4, 3);
		head.height = 1 + number (data + 7, 3);
		head.lossless = true; /* not known yet: taken for the dearer kind */
	} else if (memcmp (bytes + 12, "VP8L", 4) == 0) {
		uint32_t bits = number (data + 1, 4);
		if (data[0] != 0x2f)
			return damaged ("its lossless data have no signature", error);
		head.width = 1 + (bits & 0x3fff);
		head.height = 1 + (bits >> 14 & 0x3fff);
		head.alpha = (bits >> 28 & 1) != 0;
		head.lossless = true;
	} else if (memcmp (bytes + 12, "VP8 ", 4) == 0) {
		if ((data[0] & 1) != 0 || memcmp (data + 3, "\x9d\x01\x2a", 3) != 0)
			return damaged ("its frame is not a key frame", error);
		head.width = number (data + 6, 2) & 0x3fff;
		head.height = number (data + 8, 2) & 0x3fff;
	} else
		return damaged ("its first chunk is not one of a WebP", error);
	if (head.width == 0 || head.height == 0)
		return damaged ("it has no pixels", error);
	*ret = head;
	return 0;
}
