/* null-content.c: what every object holds: the beginning of one endless text, so that bytes at a wrong place are seen. */
#include "null.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "checksum.h"

#define PERIOD (3841u * 4096u)    /* no multiple of any size of a part */

static struct { int fd; char *map; uint64_t crc; } content;

void
content_open (void)
{
	content.fd = memfd_create ("null", MFD_CLOEXEC);
	if (content.fd < 0 || ftruncate (content.fd, PERIOD) < 0)
		abort ();
	content.map = mmap (NULL, PERIOD, PROT_READ | PROT_WRITE, MAP_SHARED, content.fd, 0);
	if (content.map == MAP_FAILED)
		abort ();
	uint64_t state = 0x9e3779b97f4a7c15;
	for (size_t i = 0; i < PERIOD; i += sizeof state) {
		state ^= state << 13, state ^= state >> 7, state ^= state << 17;
		__builtin_memcpy (content.map + i, &state, sizeof state);
	}
	content.crc = crc64nvme (0, content.map, PERIOD);
}

bool
content_send (struct line *line, uint64_t offset, uint64_t count)
{
	while (count > 0) {
		uint64_t at = offset % PERIOD, piece = PERIOD - at < count ? PERIOD - at : count;
		if (!line_send_file (line, content.fd, content.map, at, piece))
			return false;
		offset += piece;
		count -= piece;
	}
	return true;
}

uint64_t
content_crc (uint64_t count)
{
	uint64_t crc = 0;
	for (; count >= PERIOD; count -= PERIOD)
		crc = crc64nvme_combine (crc, content.crc, PERIOD);
	return crc64nvme (crc, content.map, count);
}

int
content_write (int fd, uint64_t count)
{
	while (count > 0) {
		ssize_t wrote = write (fd, content.map, count < PERIOD ? count : PERIOD);
		if (wrote != (ssize_t) (count < PERIOD ? count : PERIOD))
			return 1;
		count -= (uint64_t) wrote;
	}
	return 0;
}
