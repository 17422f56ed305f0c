// SPDX-License-Identifier: GPL-2.0-or-later
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bytes.h"
#include "event-text.h"
#include "exec.h"
#include "msg.h"
#include "nls.h"
#include "run/reaper.h"
#include "shell.h"
#include "signals.h"
#include "util/limits.h"

#define WQC_VALUE_MAX		(128 * 1024 - WQC_COLUMN_VARIABLE_ROOM)	/* execve(2): MAX_ARG_STRLEN */
#define WQC_COMMAND_SHOWN	60	/* bytes of it in a message */

struct job {
	pid_t pid;
	int pidfd;		/* -1: this place is free */
	char *what;		/* the event, for messages */
};

struct exec {
	const struct options *o;
	struct job jobs[WQC_JOBS_MAX];
	unsigned running;
	struct output_config json;	/* what is on standard input */
	struct sink sink;
	void *state;		/* output_json's */
	char names[WQC_COL__NR][WQC_COLUMN_VARIABLE_ROOM];
	struct bytes values;	/* "NAME=value" of one event, each with its NUL */
	char **env;		/* watchq's own first; and room for all columns */
	size_t nenv;		/* its own */
	bool too_long;		/* that was said */
};

/* ---- Setting up ---- */

/* Those of an event that has none don't come from elsewhere; and who is to tell systemd that
 * it is ready is watchq. */
static bool is_inherited(const struct exec *x, const char *variable)
{
	unsigned i;

	for (i = 0; i < WQC_COL__NR; i++)
		if (strncmp(variable, x->names[i], strlen(x->names[i])) == 0)
			return false;
	return strncmp(variable, "NOTIFY_SOCKET=", 14) != 0;
}

static bool set_environment(struct exec *x)
{
	size_t n = 0, i;

	for (i = 0; i < WQC_COL__NR; i++)
		column_variable(x->names[i], i);
	while (environ[n])
		n++;
	x->env = calloc(n + WQC_COL__NR + 1, sizeof(char *));
	for (i = 0; x->env && i < n; i++)
		if (is_inherited(x, environ[i]))
			x->env[x->nenv++] = environ[i];
	return x->env;
}

/* A file in memory is always written at once. */
static int never_wait(void *data, int fd)
{
	(void) data;
	(void) fd;
	return 0;
}

struct exec *exec_new(const struct options *o)
{
	struct exec *x = calloc(1, sizeof(*x));
	unsigned i;

	if (!x)
		return NULL;
	x->o = o;
	for (i = 0; i < WQC_JOBS_MAX; i++)
		x->jobs[i].pidfd = -1;
	x->json = o->output;
	x->json.format = WQC_FORMAT_JSON;
	x->json.zero = false;
	x->json.columns = o->exec_columns;
	signals_default_child();
	if (set_environment(x) && sink_open(&x->sink, -1, never_wait, NULL) == 0)
		x->state = output_json.new(&x->json, &x->sink);
	if (x->state)
		return x;
	exec_free(x);
	return NULL;
}

static void end_job(struct exec *x, struct job *job)
{
	close(job->pidfd);
	free(job->what);
	*job = (struct job) { .pidfd = -1 };
	x->running--;
}

void exec_free(struct exec *x)
{
	unsigned i;

	if (!x)
		return;
	for (i = 0; i < WQC_JOBS_MAX; i++)
		if (x->jobs[i].pidfd >= 0)
			end_job(x, &x->jobs[i]);
	if (x->state)
		output_json.free(x->state);
	sink_close(&x->sink);
	free(x->values.bytes);
	free(x->env);
	free(x);
}

/* ---- What there is ---- */

bool exec_wants(const struct exec *x, const struct wq_event *ev)
{
	bool is_mark = ev->rec.type_nr == WQ_TYPE_META &&
		       (ev->rec.subtype_nr == WQ_META_READY || ev->rec.subtype_nr == WQ_META_QUIET);

	return x && !is_mark;
}

unsigned exec_running(const struct exec *x)
{
	return x ? x->running : 0;
}

bool exec_is_full(const struct exec *x)
{
	return x && x->running >= x->o->jobs;
}

nfds_t exec_fds(const struct exec *x, struct pollfd *fds)
{
	nfds_t n = 0;
	unsigned i;

	for (i = 0; x && i < x->o->jobs; i++)
		if (x->jobs[i].pidfd >= 0)
			fds[n++] = (struct pollfd) { .fd = x->jobs[i].pidfd, .events = POLLIN };
	return n;
}

/* ---- Starting ---- */

/* The event as -J has it, from its beginning. -errno. */
static int make_input(struct exec *x, const struct wq_event *ev)
{
	int fd = memfd_create("watchq-event", MFD_CLOEXEC), rc;

	if (fd < 0)
		return -errno;
	sink_set_fd(&x->sink, fd);
	rc = output_json.event(x->state, ev);
	if (!rc)
		rc = sink_flush(&x->sink);
	if (!rc && lseek(fd, 0, SEEK_SET) < 0)
		rc = -errno;
	if (!rc)
		return fd;
	x->sink.len = 0;
	close(fd);
	return rc;
}

/* What is known of the event, behind what watchq has in its own environment. */
static int set_values(struct exec *x, const struct wq_event *ev)
{
	size_t at[WQC_COL__NR], n = 0, i;
	struct value v;

	x->values.len = 0;
	x->values.failed = false;	/* memory may be available again */
	for (i = 0; i < WQC_COL__NR; i++) {
		if (columns[i].flags & WQC_COLUMN_DERIVED && i != WQC_COL_DETAIL)
			continue;
		if (!column_known_text(i, ev, &v))
			continue;
		if (v.len > WQC_VALUE_MAX) {
			if (!x->too_long)
				msg_warning(_("--exec: %s is too long for the environment: it is left out, on standard input it is whole"),
					    columns[i].name);
			x->too_long = true;
			continue;
		}
		at[n++] = x->values.len;
		bytes_add(&x->values, x->names[i], strlen(x->names[i]));
		bytes_add(&x->values, v.text, v.len);
		bytes_add(&x->values, "", 1);
	}
	if (x->values.failed)
		return -ENOMEM;
	for (i = 0; i < n; i++)
		x->env[x->nenv + i] = x->values.bytes + at[i];
	x->env[x->nenv + n] = NULL;
	return 0;
}

/* Between vfork() and execve(): calls that are safe in a signal handler, which change what is
 * this process's alone; the memory is watchq's. Its end, if it can't, with why in *@error. */
static void become(const struct exec *x, const char *shell, const char *name, int input, volatile int *error)
{
	char *const argv[] = { (char *) name, (char *) "-c", (char *) x->o->exec, NULL };

	signals_restore();
	limits_restore();
	if (dup2(input, STDIN_FILENO) >= 0)
		execve(shell, argv, x->env);
	*error = errno;
	_exit(*error == ENOENT ? 127 : 126);
}

/* vfork(): the tables of a backlog's pages aren't copied for each event, and errors come back. */
static int start_job(const struct exec *x, struct job *job, int input, char *why, size_t size)
{
	const char *name, *shell = shell_path(&name);
	volatile int error = 0;
	int status;

	reaper_lock();
	job->pid = vfork();
	if (job->pid == 0)
		become(x, shell, name, input, &error);
	if (job->pid < 0)
		error = errno;
	else if (error == E2BIG)
		snprintf(why, size, _("can't run %s: the environment is too large"), shell);
	else if (error)
		snprintf(why, size, _("can't run %s: %s; SHELL says which shell"), shell, strerror(error));
	else
		job->pidfd = (int) syscall(SYS_pidfd_open, job->pid, 0);
	error = error ? error : errno;
	reaper_own(job->pid);
	reaper_unlock();
	if (job->pidfd >= 0)
		return 0;
	if (job->pid < 0)
		return -error;
	kill(job->pid, SIGKILL);
	reaper_wait(job->pid, &status, 0);
	return -error;
}

static char *what_of(const struct wq_event *ev)
{
	struct bytes text = { .len = 0 };

	event_text(&text, ev);
	bytes_add(&text, "", 1);
	if (!text.failed)
		return text.bytes;
	free(text.bytes);
	return NULL;
}

/* A failure: an error if that is the end, else a warning. */
static int fail(const struct exec *x, const char *what, const char *why)
{
	const char *dots = strlen(x->o->exec) > WQC_COMMAND_SHOWN ? "..." : "";

	if (x->o->strict) {
		msg_error(_("--exec: '%.*s%s' for %s: %s"), WQC_COMMAND_SHOWN, x->o->exec, dots, what ? what : "", why);
		return -ECHILD;
	}
	msg_warning(_("--exec: '%.*s%s' for %s: %s"), WQC_COMMAND_SHOWN, x->o->exec, dots, what ? what : "", why);
	return 0;
}

int exec_start(struct exec *x, const struct wq_event *ev)
{
	struct job *job = x->jobs;
	char *what = what_of(ev), why[256] = "";
	int input = make_input(x, ev), rc = input < 0 ? input : set_values(x, ev);

	while (job->pidfd >= 0)
		job++;
	if (!rc)
		rc = start_job(x, job, input, why, sizeof(why));
	if (input >= 0)
		close(input);
	if (rc) {
		rc = fail(x, what, *why ? why : strerror(-rc));
		free(what);
		return rc;
	}
	job->what = what;
	x->running++;
	return 0;
}

/* ---- Ending ---- */

static int judge(const struct exec *x, const struct job *job, int how)
{
	char why[64];

	if (WIFEXITED(how) && WEXITSTATUS(how) == 0)
		return 0;
	if (WIFSIGNALED(how))
		snprintf(why, sizeof(why), _("killed by signal %d"), WTERMSIG(how));
	else
		snprintf(why, sizeof(why), _("exit status %d"), WEXITSTATUS(how));
	return fail(x, job->what, why);
}

int exec_reap(struct exec *x)
{
	unsigned i;
	int rc = 0;

	for (i = 0; x && i < x->o->jobs; i++) {
		struct job *job = &x->jobs[i];
		int how = 0;

		if (job->pidfd < 0 || reaper_wait(job->pid, &how, WNOHANG) != job->pid)
			continue;
		if (judge(x, job, how))
			rc = -ECHILD;
		end_job(x, job);
	}
	return rc;
}
