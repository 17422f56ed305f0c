// SPDX-License-Identifier: GPL-2.0-or-later
/* The table of commands, and finding the one that is meant. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "command.h"
#include "msg.h"
#include "nls.h"
#include "run/watchdog.h"
#include "suggest.h"

const struct command *const commands[] = {
	&cmd_keys,
	&cmd_mounts,
	&cmd_sb,
	&cmd_block,
	&cmd_watch,
	&cmd_wait,
	&cmd_decode,
	&cmd_info,
	NULL
};

static void help(void)
{
	unsigned i;

	printf("%s", _("\nUsage:\n watchq COMMAND [options] [OBJECT...]\n\n"
		       "Show what the kernel just changed, as a table, JSON Lines or records.\n\nCommands:\n"));
	for (i = 0; commands[i]; i++)
		printf(" %-25s %s\n", commands[i]->name, _(commands[i]->help));
	printf("%s", _("\nOptions:\n"));
	printf(" %-25s %s\n", "    --list-commands", _("list the commands, by name alone"));
	printf(" %-25s %s\n", "-h, --help", _("show this help; 'watchq COMMAND --help' for a command's"));
	printf(" %-25s %s\n", "-V, --version", _("show the version"));
	printf("%s", _("\nFor more details see watchq(1).\n"));
}

static int list_commands(void)
{
	unsigned i;

	for (i = 0; commands[i]; i++)
		printf("%s\n", commands[i]->name);
	return WQC_STATUS_OK;
}

static int run_command(const char *name, int argc, char **argv)
{
	struct suggestion s = { .word = name };
	unsigned i;

	for (i = 0; commands[i]; i++) {
		if (strcmp(commands[i]->name, name) == 0) {
			msg_set_command(name);
			return commands[i]->run(commands[i], argc, argv);
		}
		suggest_offer(&s, commands[i]->name);
	}
	return msg_usage(_("unknown command '%s'%s"), name, suggest_text(&s));
}

static int run(int argc, char **argv)
{
	const char *base = argc && strrchr(argv[0], '/') ? strrchr(argv[0], '/') + 1 : argc ? argv[0] : "";
	const char *word = argc > 1 ? argv[1] : NULL;

	/* A link called watchq-keys is `watchq keys`. */
	if (strncmp(base, "watchq-", 7) == 0)
		return run_command(base + 7, argc, argv);
	if (!word)
		return msg_usage(_("which command?"));
	if (strcmp(word, "-h") == 0 || strcmp(word, "--help") == 0) {
		help();
		return WQC_STATUS_OK;
	}
	if (strcmp(word, "-V") == 0 || strcmp(word, "--version") == 0) {
		printf("watchq %s\n", PACKAGE_VERSION);
		return WQC_STATUS_OK;
	}
	if (strcmp(word, "--list-commands") == 0)
		return list_commands();
	if (*word == '-')
		return msg_usage(_("unknown option '%s'; options of a command stand behind its name"), word);
	return run_command(word, argc - 1, argv + 1);
}

/* Closed standard descriptors would be taken by the first files that are opened:
 * in their place, ones that can be neither read nor written as they'd have to be. */
static void keep_descriptors(void)
{
	int fd;

	for (fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) < 0 && errno == EBADF)
			open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY);
}

int main(int argc, char **argv)
{
	int status;

	keep_descriptors();

	setlocale(LC_ALL, "");
	setlocale(LC_NUMERIC, "C");	/* points in numbers, whoever reads them */
	textdomain(PACKAGE_NAME);
	status = run(argc, argv);

	/* What stdio still holds: lists and help. Events have been written. */
	if (fflush(stdout) && errno != EPIPE && status == WQC_STATUS_OK) {
		msg_error(_("standard output: can't write: %s"), strerror(errno));
		status = WQC_STATUS_FAILURE;
	}
	watchdog_exit(status);
}
