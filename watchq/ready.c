// SPDX-License-Identifier: GPL-2.0-or-later
#include "config.h"

#include <errno.h>
#include <poll.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "msg.h"
#include "nls.h"
#include "ready.h"

#define WQC_PATIENCE	5	/* s, for a socket whose queue is full */

/* ---- The descriptor ---- */

/* As long as it is: nobody who doesn't read keeps us. */
static int write_line(int fd)
{
	static const char line[] = "ready\n";
	struct pollfd pfd = { .fd = fd, .events = POLLOUT };
	ssize_t n;

	do
		n = poll(&pfd, 1, 0);
	while (n < 0 && errno == EINTR);
	if (n == 0)
		return -EAGAIN;
	do
		n = write(fd, line, sizeof(line) - 1);
	while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : 0;
}

static void tell_fd(int fd)
{
	int rc = write_line(fd);

	if (rc)
		msg_warning(_("--ready-fd: can't write to descriptor %d: %s; who waits for it is not told"), fd, strerror(-rc));
	if (fd > STDERR_FILENO)
		close(fd);
}

/* ---- The service manager ---- */

/* The length of the address; 0: there is none such. */
static socklen_t make_address(struct sockaddr_un *to, const char *name)
{
	size_t len = strlen(name), room = sizeof(to->sun_path);
	bool abstract = *name == '@';

	/* Only a path has its NUL. */
	if ((*name != '/' && !abstract) || len < 2 || len + !abstract > room)
		return 0;
	*to = (struct sockaddr_un) { .sun_family = AF_UNIX };
	memcpy(to->sun_path, name, len);
	if (abstract)
		to->sun_path[0] = '\0';
	return (socklen_t) (offsetof(struct sockaddr_un, sun_path) + len + !abstract);
}

static int send_to(const struct sockaddr_un *to, socklen_t len, const char *state, int flags)
{
	const struct timeval patience = { .tv_sec = WQC_PATIENCE };
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	ssize_t n;
	int rc;

	if (fd < 0)
		return -errno;
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
	do
		n = sendto(fd, state, strlen(state), MSG_NOSIGNAL | flags, (const struct sockaddr *) to, len);
	while (n < 0 && errno == EINTR);
	rc = n < 0 ? -errno : 0;
	close(fd);
	return rc;
}

static void notify(const char *state, int flags)
{
	const char *name = getenv("NOTIFY_SOCKET");
	struct sockaddr_un to;
	socklen_t len;
	int rc;

	if (!name || !*name)
		return;
	len = make_address(&to, name);
	if (!len) {
		msg_warning(_("NOTIFY_SOCKET: can't tell '%s' that %s: neither a path nor an abstract name of a UNIX socket"),
			    name, state);
		return;
	}
	rc = send_to(&to, len, state, flags);
	if (rc)
		msg_warning(_("NOTIFY_SOCKET: can't tell '%s' that %s: %s"), name, state, strerror(-rc));
}

void ready_tell(int fd)
{
	if (fd >= 0)
		tell_fd(fd);
	notify("READY=1", 0);
}

void ready_stopping(void)
{
	notify("STOPPING=1", MSG_DONTWAIT);	/* the end does not wait */
}
