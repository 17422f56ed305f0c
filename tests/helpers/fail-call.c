// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * fail-call CALL[:PART] ERRNO FIRST[-LAST] COMMAND...: run COMMAND; the FIRST to the LAST system call CALL of
 * it, its threads and its children fail with ERRNO. LAST is FIRST unless given; "-" alone is without end.
 * With PART only calls count whose path, or whose file descriptor's path, contains PART.
 * Exit with the status of COMMAND; 125: the kernel has no SECCOMP_RET_USER_NOTIF for that.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/net.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* The same on every architecture; build machines' headers may lack them. */
#define WQT_PIDFD_GETFD	438
#define WQT_STATMOUNT	457
#define WQT_LISTMOUNT	458

#define WQT_MAX_ROWS	4	/* system calls that have the same name here */

struct row {
	const char *name;
	int nr, path, fd;	/* the arguments that are a path and a file descriptor, or -1 */
	int part;		/* of socketcall(2): which call it is, <linux/net.h>; else 0 */
};

static const struct row rows[] = {
	{ "statmount", WQT_STATMOUNT, -1, -1, 0 }, { "listmount", WQT_LISTMOUNT, -1, -1, 0 },
	{ "statx", SYS_statx, 1, -1, 0 }, { "openat", SYS_openat, 1, -1, 0 },
#ifdef SYS_open
	{ "openat", SYS_open, 0, -1, 0 },
#endif
#ifdef SYS_readlink
	{ "readlink", SYS_readlink, 0, -1, 0 },
#endif
	{ "readlink", SYS_readlinkat, 1, -1, 0 }, { "read", SYS_read, -1, 0, 0 }, { "getdents", SYS_getdents64, -1, 0, 0 },
	{ "socket", SYS_socket, -1, -1, 0 }, { "bind", SYS_bind, -1, -1, 0 }, { "recvmsg", SYS_recvmsg, -1, -1, 0 },
	{ "epoll_create", SYS_epoll_create1, -1, -1, 0 }, { "epoll_ctl", SYS_epoll_ctl, -1, -1, 0 },
	{ "epoll_wait", SYS_epoll_pwait, -1, -1, 0 },
#ifdef SYS_epoll_wait
	{ "epoll_wait", SYS_epoll_wait, -1, -1, 0 },
#endif
	{ "eventfd", SYS_eventfd2, -1, -1, 0 }, { "timerfd", SYS_timerfd_create, -1, -1, 0 },
	{ "signalfd", SYS_signalfd4, -1, -1, 0 }, { "fanotify_init", SYS_fanotify_init, -1, -1, 0 },
	{ "fanotify_mark", SYS_fanotify_mark, -1, -1, 0 }, { "write", SYS_write, -1, 0, 0 },
	{ "mkdir", SYS_mkdirat, 1, -1, 0 }, { "memfd", SYS_memfd_create, -1, -1, 0 },
#ifdef SYS_socketcall
	{ "socket", SYS_socketcall, -1, -1, SYS_SOCKET }, { "bind", SYS_socketcall, -1, -1, SYS_BIND },
	{ "recvmsg", SYS_socketcall, -1, -1, SYS_RECVMSG },
#endif
};

static const struct {
	const char *name;
	int nr;
} errs[] = {
#define WQT_E(name) { #name, name }
	WQT_E(EPERM), WQT_E(ENOENT), WQT_E(EINTR), WQT_E(EIO), WQT_E(ENXIO), WQT_E(EBADF),
	WQT_E(EAGAIN), WQT_E(ENOMEM), WQT_E(EACCES), WQT_E(ENODEV), WQT_E(EINVAL), WQT_E(ENFILE),
	WQT_E(EMFILE), WQT_E(ENOSPC), WQT_E(ELOOP), WQT_E(ENOSYS), WQT_E(ESTALE), WQT_E(ENOBUFS),
	WQT_E(EOPNOTSUPP), WQT_E(EPROTONOSUPPORT), WQT_E(EAFNOSUPPORT), WQT_E(EROFS), WQT_E(EBUSY), WQT_E(ENOTDIR),
	WQT_E(EOVERFLOW),
#undef WQT_E
};

struct shared {
	atomic_int listener;	/* the child's descriptor, -1 until it has one, -2 if it gets none */
	atomic_bool attached;
};

static struct {
	const char *name, *part;
	size_t name_len;
	int err;
	unsigned long first, last, count;
} spec;

static int fail(const char *what)
{
	fprintf(stderr, "fail-call: %s: %s\n", what, strerror(errno));
	return 125;
}

static bool is_meant(const struct row *r)
{
	return strlen(r->name) == spec.name_len && strncmp(r->name, spec.name, spec.name_len) == 0;
}

static int parse(char **argv)
{
	char *end;
	size_t i;

	spec.name = argv[1];
	spec.name_len = strcspn(argv[1], ":");
	if (argv[1][spec.name_len])
		spec.part = argv[1] + spec.name_len + 1;
	for (i = 0; i < sizeof(errs) / sizeof(errs[0]); i++)
		if (strcmp(errs[i].name, argv[2]) == 0)
			spec.err = errs[i].nr;
	spec.first = spec.last = strtoul(argv[3], &end, 10);
	if (*end == '-')
		spec.last = end[1] ? strtoul(end + 1, NULL, 10) : ~0ul;
	errno = EINVAL;
	return spec.err && spec.first ? 0 : -1;
}

/* ---- The command ---- */

static int listen_to_self(void)
{
	struct sock_filter code[WQT_MAX_ROWS + 3] = { BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)) };
	struct sock_fprog prog = { .filter = code };
	unsigned n = 0, i, at = 1;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		n += is_meant(&rows[i]);
	errno = EINVAL;
	if (n == 0 || n > WQT_MAX_ROWS)
		return -1;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (is_meant(&rows[i])) {
			code[at] = (struct sock_filter) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned) rows[i].nr, (unsigned char) (n - at + 1), 0);
			at++;
		}
	code[at++] = (struct sock_filter) BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	code[at++] = (struct sock_filter) BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF);
	prog.len = (unsigned short) at;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		return -1;
	return (int) syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER, &prog);
}

static int run_command(struct shared *s, char **argv)
{
	int fd;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	fd = listen_to_self();
	atomic_store(&s->listener, fd < 0 ? -2 : fd);
	if (fd < 0)
		_exit(fail("seccomp"));
	while (!atomic_load(&s->attached))
		sched_yield();
	close(fd);
	execvp(argv[0], argv);
	_exit(fail(argv[0]));
}

/* ---- Its calls ---- */

static bool has_part(const struct seccomp_notif *n, const struct row *r)
{
	char text[4096] = "", file[64];
	ssize_t len = 0;
	int fd;

	if (!spec.part)
		return true;
	if (r->path >= 0) {
		snprintf(file, sizeof(file), "/proc/%u/mem", n->pid);
		fd = open(file, O_RDONLY | O_CLOEXEC);
		/* A string at the end of a page is read up to that. */
		len = fd < 0 ? -1 : pread(fd, text, sizeof(text) - 1, (off_t) n->data.args[r->path]);
		if (fd >= 0)
			close(fd);
	} else if (r->fd >= 0) {
		snprintf(file, sizeof(file), "/proc/%u/fd/%d", n->pid, (int) n->data.args[r->fd]);
		len = readlink(file, text, sizeof(text) - 1);
	}
	text[len > 0 ? len : 0] = '\0';
	return strstr(text, spec.part);
}

static void answer(int listener, const struct seccomp_notif *n)
{
	struct seccomp_notif_resp resp = { .id = n->id, .flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE };
	const struct row *r = rows, *end = rows + sizeof(rows) / sizeof(rows[0]);

	while (r < end && (!is_meant(r) || r->nr != n->data.nr || (r->part && (uint64_t) r->part != n->data.args[0])))
		r++;
	if (r < end && has_part(n, r) && ++spec.count >= spec.first && spec.count <= spec.last)
		resp = (struct seccomp_notif_resp) { .id = n->id, .error = -spec.err };
	ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &resp);	/* ENOENT: a signal came, or its end */
}

static int supervise(int listener, pid_t pid)
{
	struct pollfd p = { .fd = listener, .events = POLLIN };
	struct seccomp_notif n;
	int how;

	while (poll(&p, 1, -1) >= 0 && p.revents & POLLIN) {
		memset(&n, 0, sizeof(n));
		if (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &n) == 0)
			answer(listener, &n);
	}
	if (waitpid(pid, &how, 0) < 0)
		return fail("waitpid");
	if (getenv("FAIL_CALL_COUNT"))
		fprintf(stderr, "fail-call: %lu calls\n", spec.count);
	return WIFSIGNALED(how) ? 128 + WTERMSIG(how) : WEXITSTATUS(how);
}

int main(int argc, char **argv)
{
	struct shared *s = mmap(NULL, sizeof(*s), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int pidfd, listener;
	pid_t pid;

	if (argc < 5 || s == MAP_FAILED || parse(argv))
		return fail("CALL[:PART] ERRNO FIRST[-LAST] COMMAND...");
	atomic_store(&s->listener, -1);
	pid = fork();
	if (pid == 0)
		run_command(s, argv + 4);
	if (pid < 0)
		return fail("fork");
	while (atomic_load(&s->listener) == -1)
		sched_yield();
	pidfd = (int) syscall(SYS_pidfd_open, pid, 0);
	listener = (int) syscall(WQT_PIDFD_GETFD, pidfd, atomic_load(&s->listener), 0);
	if (listener < 0) {
		int status = fail("pidfd_getfd");

		kill(pid, SIGKILL);
		return status;
	}
	close(pidfd);
	atomic_store(&s->attached, true);
	return supervise(listener, pid);
}
