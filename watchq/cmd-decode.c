// SPDX-License-Identifier: GPL-2.0-or-later
/* watchq decode: records from a file or standard input. */
#include "config.h"

#include <string.h>
#include <unistd.h>

#include "command.h"
#include "msg.h"
#include "nls.h"
#include "options.h"
#include "run.h"
#include "run/watchdog.h"

static int decode_run(const struct command *cmd, int argc, char **argv)
{
	const char *name = "-";
	struct wq_error e = { 0 };
	struct options o;
	struct run *r;
	int first, status, fd = STDIN_FILENO;

	status = options_parse(&o, cmd, argc, argv, &first);
	if (status || o.done)
		return status;
	if (argc - first > 1)
		return msg_usage(_("one file at a time; '%s' is one too many"), argv[first + 1]);
	if (first < argc)
		name = argv[first];
	status = watchdog_start(&o);	/* before open(2), which a FIFO or a dead server may keep */
	if (status)
		return status;
	if (strcmp(name, "-") == 0) {
		name = _("standard input");
		if (isatty(fd))
			return msg_usage(_("nothing to decode: give a file, or records on standard input"));
	} else {
		fd = wq_open_aside(name);
		if (fd < 0) {
			msg_error(_("%s: can't open: %s"), name, strerror(-fd));
			return WQC_STATUS_FAILURE;
		}
	}

	r = run_new(&o, &status);
	if (!r)
		return status;
	if (run_writes_to(r, fd)) {
		msg_error(_("%s: the input is the output, too"), name);
		run_free(r);
		return WQC_STATUS_FAILURE;
	}
	wq_monitor_set_keep_going(run_monitor(r), o.keep_going);
	if (wq_monitor_add_capture(run_monitor(r), fd, name, o.endian, &e)) {
		status = msg_fail(&e);
		run_free(r);
		return status;
	}
	return run_go(r);
}

const struct command cmd_decode = {
	.name = "decode",
	.synopsis = N_("[options] [FILE]"),
	.help = N_("records from a capture or standard input"),
	.description = N_("Decode records that 'watchq ... --binary' or another program has read from a\n"
			  "notification pipe."),
	.run = decode_run,
	.columns = "SEQ,TIME,TYPE,EVENT,ID,OBJECT,DETAIL",
	.options = WQC_OPTIONS_EVENTS | WQC_OPTIONS_CAPTURE,
};
