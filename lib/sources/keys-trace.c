// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * keys by the system calls that change them, as tracefs shows these, on kernels that
 * post nothing: who did what, also to payloads. A call that names the key and the
 * keyring by serial is told as the record that a pipe would have had. What else has
 * changed is found by looking: soon after a call that names @s or the like, and now
 * and then, since the kernel changes keys itself, too.
 */
#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <linux/keyctl.h>
#include <sys/utsname.h>

#include "drain.h"
#include "source.h"
#include "sources/keys.h"
#include "sources/keys-calls.h"
#include "sources/keys-state.h"
#include "tasks.h"
#include "trace.h"

#define WQ_EVENT_SIZE	96	/* bytes of a buffer that a system call's beginning or end takes, about */

struct keys_trace {
	/* Owned by whoever calls drain(). */
	struct wq_trace *trace;
	struct wq_key_calls *calls;
	struct wq_key_call call;	/* had no room */
	bool has_call;
	struct wq_items *items;
	unsigned source;

	/* Owned by the engine's thread. */
	struct wq_keys_state *state;
	struct wq_tasks *tasks;
};

/* Whether this is a 32-bit program, and so most likely are others, on a 64-bit kernel, which traces
 * none of their calls: ARCH_TRACE_IGNORE_COMPAT_SYSCALLS, kernel/trace/trace_syscalls.c. */
static bool is_foreign(void)
{
	struct utsname u;

	return sizeof(long) == 4 && uname(&u) == 0 && (strstr(u.machine, "64") || strcmp(u.machine, "s390x") == 0);
}

static int keys_trace_probe(const struct wq_source_config *c, struct wq_error *e)
{
	int rc = wq_key_permitted(e);

	(void) c;
	if (!rc && is_foreign())
		return wq_fail(e, WQ_NOTSUPP, ENOTSUP, "a 64-bit kernel traces no system calls of 32-bit programs; install the watchq of the kernel's own architecture");
	return rc ? rc : wq_trace_probe("syscalls", "sys_enter_keyctl", "CONFIG_FTRACE_SYSCALLS=y", e);
}

/* ---- Opening ---- */

static void keys_trace_close(struct wq_source *s)
{
	struct keys_trace *t = s->priv;

	wq_key_calls_close(t->calls);
	wq_trace_close(t->trace);
	wq_keys_state_free(t->state);
	free(t);
	s->priv = NULL;
}

static int open_trace(struct wq_source *s, struct wq_error *e)
{
	struct keys_trace *t = s->priv;
	int rc = wq_trace_open(&t->trace, WQ_TRACE_KIB, e);

	if (!rc)
		rc = wq_key_calls_open(&t->calls, t->trace, e);
	if (!rc && wq_engine_drain(s, wq_trace_fd(t->trace)))
		rc = wq_fail(e, WQ_FAILURE, errno, "can't poll the trace: %s", strerror(errno));
	if (!rc)
		t->tasks = wq_trace_tasks(t->trace);
	return rc;
}

static int keys_trace_open(struct wq_source *s, const struct wq_source_config *c, struct wq_error *e)
{
	struct keys_trace *t = calloc(1, sizeof(*t));
	struct wq_keys_config config = {
		.recursive = c->recursive, .all = c->all, .interval = c->interval, .queue_fd = -1,
		.calls = true,
	};
	int rc;

	s->priv = t;
	if (!t)
		return wq_fail(e, WQ_FAILURE, ENOMEM, "out of memory");
	t->source = s->index;
	s->depth = WQ_TRACE_KIB * 1024 / WQ_EVENT_SIZE;
	wq_engine_want_names(s->m);
	/* Traced before it is read: nothing is missed in between. */
	rc = open_trace(s, e);
	if (!rc) {
		t->state = wq_keys_state_new(s, &config);
		rc = t->state ? wq_keys_state_open(t->state, c, e) : wq_fail(e, WQ_FAILURE, ENOMEM, "out of memory");
	}
	if (rc) {
		keys_trace_close(s);
		return rc;
	}
	wq_engine_log(s->m, WQ_LOG_INFO,
		      "backend trace hears system calls; what the kernel changes itself, and 32-bit programs on a 64-bit kernel, it finds by looking every %g s",
		      (double) c->interval / 1e9);
	return 0;
}

/* ---- Reading ---- */

/* 1: there is no room. */
static int push_call(struct keys_trace *t)
{
	if (!t->has_call)
		return 0;
	if (wq_items_push(t->items, t->source, t->call.boottime ? t->call.boottime : wq_now_boottime(),
			  (const unsigned char *) &t->call, sizeof(t->call)))
		return 1;
	t->has_call = false;
	return 0;
}

static int take_event(void *data, const struct wq_trace_event *ev)
{
	struct keys_trace *t = data;

	if (push_call(t))
		return 1;	/* not taken */
	t->has_call = wq_key_calls_take(t->calls, ev, &t->call) == 1;
	push_call(t);
	return 0;
}

static int keys_trace_drain(struct wq_source *s, struct wq_items *items, struct wq_error *e)
{
	struct keys_trace *t = s->priv;

	t->items = items;
	if (push_call(t))
		return 1;
	return wq_trace_read(t->trace, take_event, t, e);
}

/* ---- Calls to records ---- */

static bool is_word(int32_t serial)
{
	return serial < 0;	/* @s and the like: KEY_SPEC_... */
}

/* A member came into a keyring, or left it. */
static int apply_member(struct keys_trace *t, const struct wq_item *by, enum wq_key_nr what,
			int32_t ring, int32_t key)
{
	if (key <= 0 || ring == 0)	/* request_key() need not link what it finds */
		return 0;
	if (!is_word(ring))
		return wq_keys_state_apply_call(t->state, what, (uint32_t) ring, (uint32_t) key, by);
	wq_keys_state_suspect(t->state, what, (uint32_t) key, by);
	wq_keys_state_look_soon(t->state);
	return 0;
}

/* Something happened to a key. */
static int apply_key(struct keys_trace *t, const struct wq_item *by, enum wq_key_nr what, int32_t key)
{
	if (!is_word(key))
		return wq_keys_state_apply_call(t->state, what, (uint32_t) key, 0, by);
	wq_keys_state_suspect(t->state, what, 0, by);
	wq_keys_state_look_soon(t->state);
	return 0;
}

static int apply_keyctl(struct keys_trace *t, const struct wq_item *by, const struct wq_key_call *call)
{
	int32_t a = (int32_t) call->args[0], b = (int32_t) call->args[1], c = (int32_t) call->args[2];
	int rc;

	switch (call->option) {
	case KEYCTL_UPDATE:
		return apply_key(t, by, WQ_KEY_UPDATED, a);
	case KEYCTL_REVOKE:
		return apply_key(t, by, WQ_KEY_REVOKED, a);
	case KEYCTL_INVALIDATE:
		return apply_key(t, by, WQ_KEY_INVALIDATED, a);
	case KEYCTL_CHOWN:
	case KEYCTL_SETPERM:
	case KEYCTL_SET_TIMEOUT:
	case 29:	/* KEYCTL_RESTRICT_KEYRING, Linux 4.12 */
		return apply_key(t, by, WQ_KEY_SETATTR, a);
	case KEYCTL_CLEAR:
		return apply_key(t, by, WQ_KEY_CLEARED, a);
	case KEYCTL_LINK:
		return apply_member(t, by, WQ_KEY_LINKED, b, a);
	case KEYCTL_UNLINK:
		return apply_member(t, by, WQ_KEY_UNLINKED, b, a);
	case 30:	/* KEYCTL_MOVE, Linux 5.3 */
		rc = apply_member(t, by, WQ_KEY_UNLINKED, b, a);
		return rc && rc != WQ_NO_ROOM ? rc : apply_member(t, by, WQ_KEY_LINKED, c, a);
	default:	/* it may have linked something somewhere */
		wq_keys_state_look_soon(t->state);
		return 0;
	}
}

/* add_key() of a type and description that the keyring has updates that key. */
static int apply_add_key(struct keys_trace *t, const struct wq_item *by, const struct wq_key_call *call)
{
	int32_t key = (int32_t) call->ret, ring = (int32_t) call->args[4];

	if (wq_keys_state_knows(t->state, (uint32_t) key))
		return wq_keys_state_apply_call(t->state, WQ_KEY_UPDATED, (uint32_t) key, 0, by);
	return apply_member(t, by, WQ_KEY_LINKED, ring, key);
}

static int apply_loss(struct keys_trace *t, const struct wq_item *by)
{
	unsigned char rec[WQ_RECORD_MAX];
	struct wq_item item = { .boottime = by->boottime };

	wq_record_build(rec, WQ_TYPE_META, WQ_META_LOSS, 0, NULL, 0);
	wq_record_header(&item.rec, rec, false);
	return wq_keys_state_apply(t->state, &item);
}

static int keys_trace_apply(struct wq_source *s, const struct wq_item *item)
{
	struct keys_trace *t = s->priv;
	struct wq_item by = { .boottime = item->boottime };
	const struct wq_task *task;
	struct wq_key_call call;

	memcpy(&call, item->rec.data, sizeof(call));
	if (call.op == WQ_CALL_LOST)
		return apply_loss(t, &by);
	task = wq_tasks_get(t->tasks, call.tid, call.boottime);
	by.ktime = call.boottime;
	by.pid = task->pid;
	by.command = task->comm;
	switch (call.op) {
	case WQ_CALL_ADD_KEY:
		return apply_add_key(t, &by, &call);
	case WQ_CALL_REQUEST_KEY:
		return apply_member(t, &by, WQ_KEY_LINKED, (int32_t) call.args[3], (int32_t) call.ret);
	default:
		return apply_keyctl(t, &by, &call);
	}
}

/* ---- The state's ---- */

static struct wq_keys_state *state(struct wq_source *s)
{
	return ((struct keys_trace *) s->priv)->state;
}

static void keys_trace_doubt(struct wq_source *s)
{
	wq_keys_state_doubt(state(s));
}

static int keys_trace_snapshot(struct wq_source *s, enum wq_mark mark, unsigned round)
{
	return wq_keys_state_snapshot(state(s), mark, round);
}

static int keys_trace_tell(struct wq_source *s, enum wq_mark mark)
{
	return wq_keys_state_tell(state(s), mark);
}

static uint64_t keys_trace_deadline(struct wq_source *s)
{
	return wq_keys_state_deadline(state(s));
}

static int keys_trace_tick(struct wq_source *s)
{
	return wq_keys_state_tick(state(s));
}

const struct wq_source_ops wq_keys_trace = {
	.source = "keys",
	.backend = "trace",
	.about = "system calls: who did what; what the kernel does itself it finds by looking",
	.type = WQ_TYPE_KEY,
	.posts = { WQ_KEYS_CHANGES, WQ_KEYS_EXPIRED },
	.probe = keys_trace_probe,
	.open = keys_trace_open,
	.drain = keys_trace_drain,
	.apply = keys_trace_apply,
	.doubt = keys_trace_doubt,
	.snapshot = keys_trace_snapshot,
	.tell = keys_trace_tell,
	.deadline = keys_trace_deadline,
	.tick = keys_trace_tick,
	.close = keys_trace_close,
};
