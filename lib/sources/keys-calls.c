// SPDX-License-Identifier: LGPL-2.1-or-later
/* System calls on keys: beginnings and ends, made into calls. */
#include "config.h"

#include <errno.h>
#include <linux/keyctl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kernel/trace-format.h"
#include "libwatchq.h"
#include "sources/keys-calls.h"
#include "tasks.h"
#include "uapi.h"

#define WQ_PENDING_MAX	1024	/* calls that have begun and not ended: threads */
#define WQ_ARGS_MAX	5

#define WQ_KINDS		3

/* In the order of their fields; keyctl's option comes first. */
static const struct call_kind {
	enum wq_key_op op;
	const char *name;
	const char *args[WQ_ARGS_MAX];
} kinds[WQ_KINDS] = {
	{ WQ_CALL_ADD_KEY, "add_key", { "_type", "_description", "_payload", "plen", "ringid" } },
	{ WQ_CALL_REQUEST_KEY, "request_key", { "_type", "_description", "_callout_info", "destringid" } },
	{ WQ_CALL_KEYCTL, "keyctl", { "arg2", "arg3", "arg4", "arg5" } },
};

/* Options of keyctl that change no key and no keyring; any other may. */
static const uint32_t looks[] = {
	KEYCTL_DESCRIBE, KEYCTL_READ, KEYCTL_SET_REQKEY_KEYRING, KEYCTL_ASSUME_AUTHORITY,
	KEYCTL_GET_SECURITY, KEYCTL_DH_COMPUTE, KEYCTL_PKEY_QUERY, KEYCTL_PKEY_ENCRYPT,
	KEYCTL_PKEY_DECRYPT, KEYCTL_PKEY_SIGN, KEYCTL_PKEY_VERIFY, WQ_UAPI_KEYCTL_CAPABILITIES,
	WQ_UAPI_KEYCTL_WATCH_KEY,
};

/* An event and its fields. */
struct side {
	int id;
	struct wq_trace_field tid, option, args[WQ_ARGS_MAX], ret;	/* of no size: it has none */
};

struct pending {
	uint32_t tid;
	bool doubtful;		/* events were missed since: it may have been another call */
	uint8_t kind;
	uint32_t option;
	uint64_t args[WQ_ARGS_MAX];
};

struct wq_key_calls {
	struct side enter[WQ_KINDS], exit[WQ_KINDS];
	struct pending pending[WQ_PENDING_MAX];
	unsigned npending;
};

/* ---- Running ---- */

static uint64_t number(const struct wq_trace_field *f, const struct wq_trace_event *ev)
{
	return wq_trace_field_read(f, ev->data, ev->len);
}

/* These two look where they aren't told to link: man keyctl_search, keyctl_get_keyring_ID. */
static bool may_change(const struct pending *p)
{
	unsigned i;

	if (kinds[p->kind].op != WQ_CALL_KEYCTL)
		return true;
	if (p->option == KEYCTL_SEARCH)
		return (uint32_t) p->args[3] != 0;
	if (p->option == KEYCTL_GET_KEYRING_ID)
		return (uint32_t) p->args[1] != 0;
	for (i = 0; i < sizeof(looks) / sizeof(looks[0]); i++)
		if (p->option == looks[i])
			return false;
	return true;
}

static struct pending *find(struct wq_key_calls *kc, uint32_t tid)
{
	unsigned i;

	for (i = 0; i < kc->npending; i++)
		if (kc->pending[i].tid == tid)
			return &kc->pending[i];
	return NULL;
}

static void forget(struct wq_key_calls *kc, struct pending *p)
{
	*p = kc->pending[--kc->npending];
}

static int lost(struct wq_key_call *call, int64_t events)
{
	*call = (struct wq_key_call) { .op = WQ_CALL_LOST, .ret = events };
	return 1;
}

static int begin(struct wq_key_calls *kc, uint8_t kind, const struct wq_trace_event *ev,
		 struct wq_key_call *call)
{
	const struct side *s = &kc->enter[kind];
	struct pending p = {
		.tid = (uint32_t) number(&s->tid, ev), .kind = kind, .option = (uint32_t) number(&s->option, ev),
	}, *old = find(kc, p.tid);
	unsigned i;

	/* A thread makes one call at a time: the end of that one was missed. */
	if (old)
		forget(kc, old);
	for (i = 0; i < WQ_ARGS_MAX; i++)
		p.args[i] = number(&s->args[i], ev);
	if (!may_change(&p))
		return 0;
	if (kc->npending == WQ_PENDING_MAX)
		return lost(call, 1);
	kc->pending[kc->npending++] = p;
	return 0;
}

static int end(struct wq_key_calls *kc, uint8_t kind, const struct wq_trace_event *ev,
	       struct wq_key_call *call)
{
	const struct side *s = &kc->exit[kind];
	uint32_t tid = (uint32_t) number(&s->tid, ev);
	int64_t ret = (int64_t) number(&s->ret, ev);
	struct pending *found = find(kc, tid), p;

	/* Most have none: their beginnings were left out in the kernel, or seccomp(2) ended
	 * them before that. */
	if (!found)
		return 0;
	p = *found;
	forget(kc, found);
	if (p.kind != kind || ret < 0)
		return 0;
	if (p.doubtful)
		return lost(call, 1);
	*call = (struct wq_key_call) {
		.boottime = ev->time, .op = kinds[kind].op, .tid = tid, .option = p.option, .ret = ret,
	};
	memcpy(call->args, p.args, sizeof(call->args));
	return 1;
}

int wq_key_calls_take(struct wq_key_calls *kc, const struct wq_trace_event *ev, struct wq_key_call *call)
{
	unsigned i;

	if (ev->missed) {
		for (i = 0; i < kc->npending; i++)
			kc->pending[i].doubtful = true;
		return lost(call, (int64_t) ev->missed);
	}
	for (i = 0; i < WQ_KINDS; i++) {
		if (ev->id == kc->enter[i].id)
			return begin(kc, (uint8_t) i, ev, call);
		if (ev->id == kc->exit[i].id)
			return end(kc, (uint8_t) i, ev, call);
	}
	return 0;
}

/* ---- Opening ---- */

/* A call whose option has bits above the lower 32 passes, and is looked at here. */
static void add_options(char *filter, size_t size)
{
	size_t len = strlen(filter);
	unsigned i;

	len += (size_t) snprintf(filter + len, size - len, "%s(option != %d || arg5 != 0) && (option != %d || arg3 != 0)",
				 len ? " && " : "", KEYCTL_SEARCH, KEYCTL_GET_KEYRING_ID);
	for (i = 0; i < sizeof(looks) / sizeof(looks[0]) && len < size; i++)
		len += (size_t) snprintf(filter + len, size - len, " && option != %u", looks[i]);
}

/* A field that is a number. */
static int need(struct wq_trace_field *f, const char *format, const char *event, const char *name, struct wq_error *e)
{
	int rc = wq_trace_need(format, event, name, f, e);

	if (rc || wq_trace_field_is_number(f))
		return rc;
	return wq_fail(e, WQ_FAILURE, EPROTO, "tracefs: the event %s: its field %s is not a number", event, name);
}

/* The fields of the event @name. */
static int read_side(struct side *s, const char *format, const char *name, const struct call_kind *kind, bool is_enter,
		     struct wq_error *e)
{
	unsigned i;
	int rc = need(&s->tid, format, name, "common_pid", e);

	s->id = wq_trace_format_id(format);
	if (!rc && s->id < 0)
		rc = wq_fail(e, WQ_FAILURE, EPROTO, "tracefs: the event %s has no ID", name);
	if (!rc && !is_enter)
		return need(&s->ret, format, name, "ret", e);
	for (i = 0; !rc && i < WQ_ARGS_MAX && kind->args[i]; i++)
		rc = need(&s->args[i], format, name, kind->args[i], e);
	if (!rc && kind->op == WQ_CALL_KEYCTL)
		rc = need(&s->option, format, name, "option", e);
	return rc;
}

static int add_side(struct wq_trace *t, const char *edge, const struct call_kind *kind, struct side *s,
		    struct wq_error *e)
{
	bool is_enter = strcmp(edge, "enter") == 0;
	char name[64], filter[1024] = "", *format;
	int rc;

	if (wq_tasks_known(wq_trace_tasks(t)))
		snprintf(filter, sizeof(filter), "common_pid != %d", (int) gettid());
	if (is_enter && kind->op == WQ_CALL_KEYCTL)
		add_options(filter, sizeof(filter));
	snprintf(name, sizeof(name), "sys_%s_%s", edge, kind->name);
	rc = wq_trace_add(t, "syscalls", name, filter[0] ? filter : NULL, &format, e);
	if (!rc)
		rc = read_side(s, format, name, kind, is_enter, e);
	free(format);
	return rc;
}

static int add_kind(struct wq_key_calls *kc, struct wq_trace *t, unsigned k, struct wq_error *e)
{
	/* The end first: else calls would be pending whose end was not recorded. */
	int rc = add_side(t, "exit", &kinds[k], &kc->exit[k], e);

	return rc ? rc : add_side(t, "enter", &kinds[k], &kc->enter[k], e);
}

int wq_key_calls_open(struct wq_key_calls **out, struct wq_trace *t, struct wq_error *e)
{
	struct wq_key_calls *kc = calloc(1, sizeof(*kc));
	unsigned k;
	int rc = 0;

	if (!kc)
		return wq_fail(e, WQ_FAILURE, ENOMEM, "out of memory");
	memset(kc->pending, 0xff, sizeof(kc->pending));	/* in memory before the first read: drain.c */
	for (k = 0; k < WQ_KINDS && !rc; k++)
		rc = add_kind(kc, t, k, e);
	if (rc)
		wq_key_calls_close(kc);
	else
		*out = kc;
	return rc;
}

void wq_key_calls_close(struct wq_key_calls *kc)
{
	free(kc);
}
