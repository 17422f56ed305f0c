// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * calls [KIB]: traces the system calls that change keys, with buffers of KIB KiB for
 * each processor, until SIGTERM. Prints "ready" and then a line each:
 *
 *   add_key ARGUMENT... = RESULT COMMAND PROCESS
 *   keyctl OPTION ARGUMENT... = RESULT COMMAND PROCESS
 *   lost EVENTS
 *
 * Arguments are shown as signed numbers of 32 bits, and must come in the order of time.
 *
 * calls --probe: says whether it would work.
 * calls --own: changes keys itself, of which it must not tell.
 * calls --thread KEYRING: traces nothing, but clears KEYRING in a thread called "thread",
 * and stays until it is killed.
 */
#include <keyutils.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "libwatchq.h"
#include "sources/keys-calls.h"
#include "tasks.h"
#include "trace.h"

#define WQT_MAX	65536

static volatile sig_atomic_t ended;
static struct wq_key_call calls[WQT_MAX];
static size_t ncalls;
static uint64_t last;

static void end(int nr)
{
	(void) nr;
	ended = 1;
}

static int take(void *data, const struct wq_trace_event *ev)
{
	if (ncalls == WQT_MAX)
		return 1;
	if (ev->data && ev->time < last)
		printf("not in order\n");
	last = ev->data ? ev->time : last;
	ncalls += (size_t) wq_key_calls_take(data, ev, &calls[ncalls]);
	return 0;
}

static void show(struct wq_trace *t, const struct wq_key_call *c)
{
	const struct wq_task *task;
	unsigned i;

	if (c->op == WQ_CALL_LOST) {
		printf("lost %lld\n", (long long) c->ret);
		return;
	}
	task = wq_tasks_get(wq_trace_tasks(t), c->tid, c->boottime);
	if (c->op == WQ_CALL_KEYCTL)
		printf("keyctl %u", c->option);
	else
		printf("%s", c->op == WQ_CALL_ADD_KEY ? "add_key" : "request_key");
	for (i = 0; i < 5; i++)
		printf(" %d", (int) (uint32_t) c->args[i]);
	printf(" = %lld %s %u\n", (long long) c->ret, task->comm[0] ? task->comm : "?", task->pid);
}

static int trace(struct wq_trace *t, struct wq_key_calls *kc, bool own, struct wq_error *e)
{
	struct pollfd p = { .fd = wq_trace_fd(t), .events = POLLIN };
	sigset_t none;

	sigemptyset(&none);
	while (!ended) {
		size_t i;
		int rc = wq_trace_read(t, take, kc, e);

		if (rc < 0)
			return rc;
		for (i = 0; i < ncalls; i++)
			show(t, &calls[i]);
		ncalls = 0;
		fflush(stdout);
		if (own)
			keyctl_set_timeout(add_key("user", "own", "x", 1, KEY_SPEC_PROCESS_KEYRING), 100);
		own = false;
		if (rc == 0)
			ppoll(&p, 1, NULL, &none);
	}
	return 0;
}

static void *clear(void *ring)
{
	pthread_setname_np(pthread_self(), "thread");
	keyctl_clear((key_serial_t) atol(ring));
	pause();
	return NULL;
}

int main(int argc, char **argv)
{
	struct sigaction on_term = { .sa_handler = end };
	bool own = argc > 1 && strcmp(argv[1], "--own") == 0;
	struct wq_key_calls *kc = NULL;
	struct wq_trace *t = NULL;
	struct wq_error e;
	pthread_t thread;
	sigset_t term;
	int rc;

	if (argc > 2 && strcmp(argv[1], "--thread") == 0 && pthread_create(&thread, NULL, clear, argv[2]) == 0)
		pthread_join(thread, NULL);
	if (argc > 1 && strcmp(argv[1], "--probe") == 0) {
		rc = wq_trace_probe("syscalls", "sys_enter_keyctl", "CONFIG_FTRACE_SYSCALLS=y", &e);
		printf("%s\n", rc ? e.text : "yes");
		return rc != 0;
	}
	sigemptyset(&term);
	sigaddset(&term, SIGTERM);
	sigprocmask(SIG_BLOCK, &term, NULL);
	sigaction(SIGTERM, &on_term, NULL);

	rc = wq_trace_open(&t, argc > 1 && !own ? (unsigned) atoi(argv[1]) : WQ_TRACE_KIB, &e);
	if (!rc)
		rc = wq_key_calls_open(&kc, t, &e);
	if (!rc) {
		printf("ready\n");
		fflush(stdout);
		rc = trace(t, kc, own, &e);
	}
	if (rc)
		fprintf(stderr, "calls: %s\n", e.text);
	wq_key_calls_close(kc);
	wq_trace_close(t);
	return rc ? e.kind == WQ_NOTSUPP ? 2 : 1 : 0;
}
