// SPDX-License-Identifier: GPL-2.0-or-later
/* notified NAME: what a service manager is told. Binds a UNIX datagram socket to NAME, a path
 * or '@' and an abstract name; prints each datagram as a line, behind the ID of the process
 * that it is from. notified NAME full: fills its queue instead, and reads nothing. Until it
 * is ended. */
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* One sender may have less room than the queue has. */
static void fill(const struct sockaddr_un *at, socklen_t len)
{
	ssize_t n;

	do {
		int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);

		n = sendto(fd, "full", 4, 0, (const struct sockaddr *) at, len);
		while (n >= 0 && sendto(fd, "full", 4, 0, (const struct sockaddr *) at, len) >= 0)
			;
	} while (n >= 0);
	puts("full");
	for (;;)
		pause();
}

static void print(int fd)
{
	union {
		char bytes[CMSG_SPACE(sizeof(struct ucred))];
		struct cmsghdr align;
	} control;
	char text[256];
	struct iovec iov = { .iov_base = text, .iov_len = sizeof(text) };
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof(control),
	};
	struct ucred from = { 0 };
	ssize_t n = recvmsg(fd, &msg, 0);
	struct cmsghdr *c = n < 0 ? NULL : CMSG_FIRSTHDR(&msg);

	if (c && c->cmsg_type == SCM_CREDENTIALS)
		memcpy(&from, CMSG_DATA(c), sizeof(from));
	if (n >= 0)
		printf("%d %.*s\n", (int) from.pid, (int) n, text);
}

int main(int argc, char **argv)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_DGRAM, 0), on = 1;
	socklen_t len;
	size_t n;

	if (argc < 2 || (n = strlen(argv[1])) >= sizeof(at.sun_path))
		return 2;
	memcpy(at.sun_path, argv[1], n);
	len = (socklen_t) (offsetof(struct sockaddr_un, sun_path) + n + (argv[1][0] != '@'));
	if (argv[1][0] == '@')
		at.sun_path[0] = '\0';
	setvbuf(stdout, NULL, _IOLBF, 0);
	setsockopt(fd, SOL_SOCKET, SO_PASSCRED, &on, sizeof(on));
	if (bind(fd, (const struct sockaddr *) &at, len)) {
		perror("notified");
		return 1;
	}
	if (argc > 2)
		fill(&at, len);
	for (;;)
		print(fd);
}
