/* checksum-name.c: the names of checksums in headers and in XML, in the order in which we trust them. */
#include "checksum-name.h"

#include <stddef.h>

static const struct s3_checksum_name kinds[] = {
	{ LARDER_CHECKSUM_CRC64NVME, "x-amz-checksum-crc64nvme", "ChecksumCRC64NVME", "CRC64NVME" },
	{ LARDER_CHECKSUM_CRC32C, "x-amz-checksum-crc32c", "ChecksumCRC32C", "CRC32C" },
	{ LARDER_CHECKSUM_SHA256, "x-amz-checksum-sha256", "ChecksumSHA256", "SHA256" },
	{ LARDER_CHECKSUM_CRC32, "x-amz-checksum-crc32", "ChecksumCRC32", "CRC32" },
	{ LARDER_CHECKSUM_SHA1, "x-amz-checksum-sha1", "ChecksumSHA1", "SHA1" },
};

const struct s3_checksum_name *
s3_checksum_at (size_t i)
{
	return i < sizeof kinds / sizeof *kinds ? &kinds[i] : NULL;
}

const struct s3_checksum_name *
s3_checksum_name (uint32_t type)
{
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
		if (kinds[i].type == type)
			return &kinds[i];
	return NULL;
}
