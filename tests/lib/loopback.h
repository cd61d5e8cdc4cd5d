/* loopback.h: what servers of the tests' own begin with: a port on the loopback, a certificate, and a thread a connection. */
#ifndef LARDER_TESTS_LOOPBACK_H
#define LARDER_TESTS_LOOPBACK_H

#include <stdbool.h>
#include <openssl/ssl.h>

/* A free port; -1 when there is none. */
int loopback_listen (unsigned *ret_port);
/* NULL when the files hold no such. `key` may be NULL: it is in the certificate's file. */
SSL_CTX *loopback_tls (const char *certificate, const char *key);

/* `guest` makes of a connection what `run`, on a thread of its own, gets and frees; NULL: it is turned away. */
struct loopback {
	int fd;
	void *(*guest) (void *context, int fd);
	void *(*run) (void *guest);
	void *context;
};
/* From now on, on a thread; `loopback` lives as long. False: there is no port, or no thread. */
bool loopback_start (struct loopback *loopback);

#endif
