// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Entries in systemd's journal: a field a column, and a text for people.
 *
 * sd_journal_sendv() takes a journal that isn't there for one that took the entry, and
 * sleeps where one is behind: so a socket of our own is connected to it each time, which
 * tells both before.
 */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <syslog.h>
#include <unistd.h>

#define SD_JOURNAL_SUPPRESS_LOCATION
#include <systemd/sd-journal.h>

#include "event-text.h"
#include "msg.h"
#include "nls.h"
#include "output.h"
#include "severity.h"

#define WQC_SOCKET		"/run/systemd/journal/socket"	/* what sd_journal_sendv() sends to */
#define WQC_OTHER_FIELDS	3		/* beside the columns' */

struct journal {
	const struct output_config *config;
	struct sink *sink;		/* how to wait */
	int fd;				/* a socket, connected to the journal's */
	char names[WQC_COL__NR][WQC_COLUMN_VARIABLE_ROOM];
	struct bytes text;		/* all fields of an entry, one behind the other */
	struct iovec fields[2 * WQC_COL__NR + WQC_OTHER_FIELDS];
	unsigned n;
};

/* ---- The journal ---- */

static int connect_to(int fd)
{
	static const struct sockaddr_un addr = { .sun_family = AF_UNIX, .sun_path = WQC_SOCKET };

	return connect(fd, (const struct sockaddr *) &addr, sizeof(addr)) < 0 ? -errno : 0;
}

static int open_socket(void)
{
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	return fd < 0 ? -errno : fd;
}

static int journal_check(void)
{
	int fd = open_socket(), rc = fd < 0 ? fd : connect_to(fd);

	if (fd >= 0)
		close(fd);
	if (!rc)
		return 0;
	msg_error(_("%s: can't reach the journal: %s; see whether systemd-journald runs"), WQC_SOCKET, strerror(-rc));
	return WQC_STATUS_FAILURE;
}

/* ---- Fields ---- */

/* What has been appended since the last one is a field. */
static void end_field(struct journal *j, size_t begin)
{
	j->fields[j->n++].iov_len = j->text.len - begin;
}

static void add_field(struct journal *j, const char *name, const char *text, size_t len)
{
	size_t begin = j->text.len;

	bytes_add(&j->text, name, strlen(name));
	bytes_add(&j->text, text, len);
	end_field(j, begin);
}

static void add_column(struct journal *j, enum column_id id, const struct wq_event *ev)
{
	struct value v;

	if (column_known_text(id, ev, &v))
		add_field(j, j->names[id], v.text, v.len);
}

static void add_message(struct journal *j, const struct wq_event *ev)
{
	size_t begin = j->text.len;

	bytes_add(&j->text, "MESSAGE=", 8);
	event_text(&j->text, ev);
	end_field(j, begin);
}

static int priority(const struct wq_record *rec)
{
	switch (severity_of(rec)) {
	case WQC_SEVERITY_ERROR:
		return LOG_ERR;
	case WQC_SEVERITY_LOSS:
	case WQC_SEVERITY_WARNING:
		return LOG_WARNING;
	default:
		return LOG_INFO;
	}
}

static void add_fields(struct journal *j, const struct wq_event *ev)
{
	const struct column_list *list = &j->config->columns;
	char level = (char) ('0' + priority(&ev->rec));
	unsigned i;

	j->text.len = 0;
	j->n = 0;
	add_message(j, ev);
	add_field(j, "PRIORITY=", &level, 1);
	add_field(j, "SYSLOG_IDENTIFIER=", "watchq", 6);
	for (i = 0; i < list->n; i++)
		add_column(j, list->ids[i], ev);
}

static int journal_event(void *state, const struct wq_event *ev)
{
	struct journal *j = state;
	char *p;
	unsigned i;
	int rc;

	add_fields(j, ev);
	if (j->text.failed)
		return -ENOMEM;
	for (i = 0, p = j->text.bytes; i < j->n; p += j->fields[i++].iov_len)
		j->fields[i].iov_base = p;
	rc = connect_to(j->fd);
	if (!rc)
		rc = j->sink->wait(j->sink->wait_data, j->fd);
	return rc ? rc : sd_journal_sendv(j->fields, (int) j->n);
}

/* ---- State ---- */

static void journal_free(void *state)
{
	struct journal *j = state;

	if (j->fd >= 0)
		close(j->fd);
	free(j->text.bytes);
	free(j);
}

static void *journal_new(const struct output_config *config, struct sink *sink)
{
	struct journal *j = calloc(1, sizeof(*j));
	unsigned i;

	if (!j)
		return NULL;
	j->config = config;
	j->sink = sink;
	for (i = 0; i < WQC_COL__NR; i++)
		column_variable(j->names[i], i);
	j->fd = open_socket();
	return j;
}

static int journal_begin(void *state)
{
	const struct journal *j = state;

	return j->fd < 0 ? j->fd : 0;
}

const struct output_ops output_journal = {
	.check = journal_check,
	.new = journal_new,
	.begin = journal_begin,
	.event = journal_event,
	.free = journal_free,
};
