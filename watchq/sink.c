// SPDX-License-Identifier: GPL-2.0-or-later
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "sink.h"

#define WQC_SINK_SIZE	(256u << 10)
#define WQC_RWF_NOWAIT	8		/* include/uapi/linux/fs.h: RWF_NOWAIT */
#define WQC_PIPE_LARGE	(1 << 20)	/* bytes: the default of /proc/sys/fs/pipe-max-size */

void sink_set_fd(struct sink *s, int fd)
{
	struct stat st;

	s->fd = fd;
	s->enlarged = false;
	s->regular = fstat(fd, &st) == 0 && (S_ISREG(st.st_mode) || S_ISBLK(st.st_mode));
}

int sink_open(struct sink *s, int fd, int (*wait)(void *data, int fd), void *wait_data)
{
	*s = (struct sink) { .wait = wait, .wait_data = wait_data, .size = WQC_SINK_SIZE };
	s->buf = malloc(s->size);
	if (!s->buf)
		return -ENOMEM;
	sink_set_fd(s, fd);
	return 0;
}

void sink_close(struct sink *s)
{
	free(s->buf);
	s->buf = NULL;
}

/* What write(2) gave, which errno tells of: bytes, 0 to try again, -errno. */
static ssize_t written(ssize_t n)
{
	if (n >= 0)
		return n;
	return errno == EINTR || errno == EAGAIN ? 0 : -errno;
}

static bool is_full(int fd)
{
	struct pollfd pfd = { .fd = fd, .events = POLLOUT };

	return poll(&pfd, 1, 0) == 0;
}

/* Who reads is behind: in a larger pipe both work longer before they wait for the
 * other. As large as an ordinary user may have it, unless it is larger already. */
static void enlarge_pipe(struct sink *s)
{
	int size = fcntl(s->fd, F_GETPIPE_SZ);

	s->enlarged = true;
	if (size > 0 && size < WQC_PIPE_LARGE)
		fcntl(s->fd, F_SETPIPE_SZ, WQC_PIPE_LARGE);
}

/* Bytes written, or -errno. Never sleeps in write(2): a signal that comes just
 * before it would not be seen until somebody reads. */
static ssize_t write_some(struct sink *s, const char *bytes, size_t len)
{
	struct iovec iov = { .iov_base = (char *) bytes, .iov_len = len };
	ssize_t n;
	int rc;

	if (s->regular)
		return written(write(s->fd, bytes, len));

	/* Not every libc has pwritev2(). The offset, in two halves, is -1: the file's own. */
	n = syscall(SYS_pwritev2, s->fd, &iov, 1L, -1L, -1L, WQC_RWF_NOWAIT);
	if (n >= 0 || (errno != EAGAIN && errno != EOPNOTSUPP && errno != ESPIPE && errno != ENOSYS))
		return written(n);
	if (errno == EAGAIN)
		len = 0;		/* ask again when there is room */
	if (!s->enlarged && is_full(s->fd)) {
		enlarge_pipe(s);
		return 0;
	}
	rc = s->wait(s->wait_data, s->fd);
	if (rc || len == 0)
		return rc;
	/* Now PIPE_BUF bytes can be written without waiting. */
	return written(write(s->fd, bytes, len < PIPE_BUF ? len : PIPE_BUF));
}

int sink_flush(struct sink *s)
{
	size_t done = 0;
	ssize_t n = 0;

	while (done < s->len) {
		n = write_some(s, s->buf + done, s->len - done);
		if (n < 0)
			break;
		done += (size_t) n;
	}
	memmove(s->buf, s->buf + done, s->len - done);
	s->len -= done;
	return n < 0 ? (int) n : 0;
}

char *sink_make_room(struct sink *s, size_t len, int *rc)
{
	*rc = sink_flush(s);
	if (*rc)
		return NULL;
	if (s->size < len) {
		char *more = realloc(s->buf, len);

		if (!more) {
			*rc = -ENOMEM;
			return NULL;
		}
		s->buf = more;
		s->size = len;
	}
	return s->buf + s->len;
}

int sink_write(struct sink *s, const void *bytes, size_t len)
{
	int rc;
	char *to = sink_room(s, len, &rc);

	if (!to)
		return rc;
	memcpy(to, bytes, len);
	s->len += len;
	return 0;
}
