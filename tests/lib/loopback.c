/* loopback.c: see loopback.h. */
#include "loopback.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#define STACK (1u << 20)

int
loopback_listen (unsigned *ret_port)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl (INADDR_LOOPBACK) };
	socklen_t size = sizeof address;
	int fd = socket (AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || bind (fd, (struct sockaddr *) &address, size) < 0 || listen (fd, 4096) < 0
	    || getsockname (fd, (struct sockaddr *) &address, &size) < 0)
		return -1;
	*ret_port = ntohs (address.sin_port);
	return fd;
}

SSL_CTX *
loopback_tls (const char *certificate, const char *key)
{
	SSL_CTX *tls = SSL_CTX_new (TLS_server_method ());
	bool good = tls && SSL_CTX_use_certificate_chain_file (tls, certificate) == 1
		&& SSL_CTX_use_PrivateKey_file (tls, key ? key : certificate, SSL_FILETYPE_PEM) == 1;
	return good ? tls : NULL;
}

static void *
serve (void *context)
{
	const struct loopback *loopback = context;
	pthread_attr_t attributes;
	pthread_attr_init (&attributes);
	pthread_attr_setdetachstate (&attributes, PTHREAD_CREATE_DETACHED);
	pthread_attr_setstacksize (&attributes, STACK);
	for (int fd; (fd = accept4 (loopback->fd, NULL, NULL, SOCK_CLOEXEC)) >= 0;) {
		pthread_t thread;
		void *guest = loopback->guest (loopback->context, fd);
		if (guest && pthread_create (&thread, &attributes, loopback->run, guest) == 0)
			continue;
		free (guest);
		close (fd);
	}
	pthread_attr_destroy (&attributes);
	return NULL;
}

bool
loopback_start (struct loopback *loopback)
{
	pthread_t thread;
	return loopback->fd >= 0 && pthread_create (&thread, NULL, serve, loopback) == 0;
}
