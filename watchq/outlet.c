// SPDX-License-Identifier: GPL-2.0-or-later
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "msg.h"
#include "nls.h"
#include "outlet.h"

#define WQC_PATIENCE	2000	/* ms that a look-up may take */

/* The directory of @path, and the name in it in *@name, "." for "d/". -1 with errno. */
static int open_parent(const char *path, const char **name)
{
	const char *slash = strrchr(path, '/');
	char dir[PATH_MAX];

	*name = !slash ? path : slash[1] ? slash + 1 : ".";
	if (!slash)
		return open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (slash - path + 1 >= (ssize_t) sizeof(dir)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	memcpy(dir, path, (size_t) (slash - path + 1));
	dir[slash - path + 1] = '\0';
	return open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
}

/* Whether others may have put a file there, as in /tmp. */
static bool is_shared(int dir)
{
	struct stat st;

	return fstat(dir, &st) == 0 && st.st_mode & S_ISVTX && st.st_mode & (S_IWGRP | S_IWOTH);
}

/* There, only a regular file of one's own is written: -1 with errno, *@why is said of another. */
static int open_in(int dir, const char *name, int flags, const char **why)
{
	bool shared = is_shared(dir);
	struct stat st = { 0 };
	int fd = openat(dir, name, flags | (shared ? O_NOFOLLOW | O_NONBLOCK : 0), 0666);

	if (fd < 0 && shared && (errno == ELOOP || errno == ENXIO))
		*why = errno == ELOOP ? N_("a symbolic link in a directory of all users") : N_("a FIFO in a directory of all users");
	if (fd < 0 || !shared)
		return fd;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_uid == geteuid() && st.st_nlink <= 1)
		return fd;
	if (!S_ISREG(st.st_mode))
		*why = N_("no regular file, in a directory of all users");
	else if (st.st_uid != geteuid())
		*why = N_("somebody else's file in a directory of all users");
	else
		*why = N_("a file with other names, in a directory of all users");
	close(fd);
	errno = EACCES;
	return -1;
}

static int open_file(const char *path, int flags)
{
	const char *name, *why = NULL;
	int fd, dir;

	/* The open of a file on a dead server would not return. */
	if (wq_path_answers(path, WQC_PATIENCE) == -ETIMEDOUT) {
		msg_error(_("%s: can't open for writing: the filesystem does not answer"), path);
		return -1;
	}
	dir = open_parent(path, &name);
	fd = dir < 0 ? -1 : open_in(dir, name, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY | flags, &why);
	if (why)
		msg_error(_("%s: not written: %s; name another file"), path, _(why));
	else if (fd < 0)
		msg_error(_("%s: can't open for writing: %s"), path, strerror(errno));
	if (dir >= 0)
		close(dir);
	return fd;
}

int outlet_open(struct outlet *out, const struct options *o, int (*wait)(void *data, int fd), void *data)
{
	/* The journal is nobody's descriptor. */
	int fd = o->output.format == WQC_FORMAT_JOURNAL ? -1 : STDOUT_FILENO, rc;

	*out = (struct outlet) { .o = o, .config = o->output, .ops = output_for(o->output.format) };
	rc = out->ops->check ? out->ops->check() : 0;
	if (rc)
		return rc;
	if (o->output_file) {
		fd = open_file(o->output_file, 0);
		if (fd < 0)
			return WQC_STATUS_FAILURE;
	}
	out->summary = o->summary ? summary_new(&out->config) : NULL;
	if ((o->summary && !out->summary) || sink_open(&out->sink, fd, wait, data)) {
		msg_error(_("can't start: %s"), strerror(ENOMEM));
		if (o->output_file)
			close(fd);
		return WQC_STATUS_FAILURE;
	}
	if (o->output.format == WQC_FORMAT_BINARY && isatty(fd))
		return msg_usage(_("binary records don't go to a terminal; send them to a file or a pipe"));
	return 0;
}

void outlet_close(struct outlet *out)
{
	if (out->state)
		out->ops->free(out->state);
	if (out->sink.buf && out->o->output_file)	/* else it was never opened */
		close(out->sink.fd);
	sink_close(&out->sink);
	summary_free(out->summary);
}

int outlet_begin(struct outlet *out)
{
	out->state = out->ops->new(&out->config, &out->sink);
	if (!out->state)
		return -ENOMEM;
	return out->ops->begin ? out->ops->begin(out->state) : 0;
}

/* Plain records are those that somebody posted: output-binary.c writes no others. */
bool outlet_writes(const struct outlet *out, const struct wq_event *ev)
{
	if (out->config.format != WQC_FORMAT_BINARY || out->config.annotated)
		return true;
	return ev->mark == WQ_MARK_NONE && !(ev->rec.type_nr == WQ_TYPE_META && ev->rec.subtype_nr >= WQ_META_READY);
}

int outlet_event(struct outlet *out, const struct wq_event *ev)
{
	int rc = out->ops->event(out->state, ev);

	return rc || !out->summary || !outlet_writes(out, ev) ? rc : summary_count(out->summary, ev);
}

int outlet_flush(struct outlet *out)
{
	return sink_flush(&out->sink);
}

int outlet_reopen(struct outlet *out)
{
	int rc = sink_flush(&out->sink), fd;

	if (rc)
		return rc;
	/* Not to wait for who reads a FIFO: nobody would see a signal then. */
	fd = open_file(out->o->output_file, O_NONBLOCK);
	if (fd < 0)
		return 0;	/* said; the old one is better than none */
	close(out->sink.fd);
	sink_set_fd(&out->sink, fd);
	if (!out->state)
		return 0;	/* nothing has begun */
	/* A file of its own: with headings, or what a capture begins with. */
	out->ops->free(out->state);
	return outlet_begin(out);
}

void outlet_summary(const struct outlet *out)
{
	if (out->summary && out->state)
		summary_print(out->summary);
}

int outlet_fd(const struct outlet *out)
{
	return out->sink.regular ? -1 : out->sink.fd;
}

int outlet_status(const struct outlet *out, int rc)
{
	bool journal = out->o->output.format == WQC_FORMAT_JOURNAL;
	const char *to = journal ? _("the journal") : out->o->output_file ? out->o->output_file : _("standard output");

	if (rc == 0 || (!journal && (rc == -EPIPE || rc == -ECONNRESET)))
		return WQC_STATUS_OK;	/* who read has gone: no error of ours */
	if (rc == -EINTR || rc == -ETIMEDOUT)
		msg_error(_("stopped while the output was not being read: it is not complete"));
	else if (rc == -ECANCELED)
		msg_error(_("stopped while a command of --exec was running"));
	else if (rc == -ECHILD)
		return WQC_STATUS_FAILURE;	/* of --exec, said */
	else if (rc == -EOPNOTSUPP)
		msg_error(_("a note, or a record in the other byte order, can't be annotated; write plain records, with --binary"));
	else
		msg_error(_("%s: can't write: %s"), to, strerror(-rc));
	return rc == -ETIMEDOUT ? WQC_STATUS_TIMEOUT : WQC_STATUS_FAILURE;
}
