/* md5.c: MD5, which S3 still uses to name bytes (etags, Content-MD5). Never a proof of anything. */
#include "aws.h"

#include <openssl/evp.h>

#include "text.h"

struct aws_md5 *
aws_md5_new (void)
{
	EVP_MD_CTX *context = EVP_MD_CTX_new ();
	if (context && EVP_DigestInit_ex (context, EVP_md5 (), NULL) != 1) {
		EVP_MD_CTX_free (context);
		context = NULL;
	}
	return (struct aws_md5 *) (void *) context;
}

void
aws_md5_add (struct aws_md5 *md5, const void *bytes, size_t count)
{
	(void) EVP_DigestUpdate ((EVP_MD_CTX *) (void *) md5, bytes, count);
}

void
aws_md5_end (struct aws_md5 *md5, char ret[33])
{
	unsigned char bytes[EVP_MAX_MD_SIZE] = { 0 };
	EVP_MD_CTX *context = (EVP_MD_CTX *) (void *) md5;
	(void) EVP_DigestFinal_ex (context, bytes, NULL);
	EVP_MD_CTX_free (context);
	text_hex (bytes, 16, ret);
}
