/* socket.c: sockets of a connection, as libcurl opens and closes them. They are known here because libcurl names the one in
 * use only after the transfer, and the bytes that wait in it are a part of the request that has not left. */
#include "exchange.h"

#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

static int *
find (struct connection *connection, int socket)
{
	for (size_t i = 0; i < HTTP_SOCKETS_MOST; i++)
		if (connection->sockets[i] == socket)
			return &connection->sockets[i];
	return NULL;
}

static curl_socket_t
socket_open (void *context, curlsocktype purpose, struct curl_sockaddr *address)
{
	(void) purpose;
	int fd = socket (address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
	int *place = fd >= 0 ? find (context, -1) : NULL;
	if (place)
		*place = fd;
	return fd;
}

static int
socket_close (void *context, curl_socket_t fd)
{
	int *place = find (context, fd);
	if (place)
		*place = -1;
	return close (fd);
}

void
socket_prepare (struct connection *connection)
{
	curl_easy_setopt (connection->easy, CURLOPT_OPENSOCKETFUNCTION, socket_open);
	curl_easy_setopt (connection->easy, CURLOPT_OPENSOCKETDATA, connection);
	curl_easy_setopt (connection->easy, CURLOPT_CLOSESOCKETFUNCTION, socket_close);
	curl_easy_setopt (connection->easy, CURLOPT_CLOSESOCKETDATA, connection);
}

static int
local_port (int fd)
{
	struct sockaddr_storage address = { .ss_family = AF_UNSPEC };
	socklen_t size = sizeof address;
	if (fd < 0 || getsockname (fd, (struct sockaddr *) &address, &size) < 0)
		return -1;
	if (address.ss_family == AF_INET)
		return ntohs (((const struct sockaddr_in *) &address)->sin_port);
	return address.ss_family == AF_INET6 ? ntohs (((const struct sockaddr_in6 *) &address)->sin6_port) : -1;
}

int
socket_at_port (const struct connection *connection, int port)
{
	for (size_t i = 0; i < HTTP_SOCKETS_MOST; i++)
		if (local_port (connection->sockets[i]) == port)
			return connection->sockets[i];
	return -1;
}

/* A server that leaves Nagle's algorithm on holds the rest of a small reply back until its beginning is acknowledged, and
 * the kernel by itself takes 40 ms for that. */
void
socket_acknowledge_soon (int fd)
{
	if (fd >= 0)
		(void) setsockopt (fd, IPPROTO_TCP, TCP_QUICKACK, &(int) { 1 }, sizeof (int));
}

uint64_t
socket_queued (int fd)
{
	int queued = 0;
	return fd >= 0 && ioctl (fd, SIOCOUTQ, &queued) == 0 && queued > 0 ? (uint64_t) queued : 0;
}
