// SPDX-License-Identifier: GPL-2.0-or-later
/* no-session COMMAND...: runs COMMAND with the user's default session keyring, as
 * a process has it that was started by no login: joined by its name. */
#include <keyutils.h>
#include <stdio.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	char name[32];

	/* The kernel gives a session that asks for it by this name the user's. */
	snprintf(name, sizeof(name), "_uid_ses.%u", (unsigned) getuid());
	if (argc < 2)
		return 125;
	keyctl_get_keyring_ID(KEY_SPEC_USER_SESSION_KEYRING, 1);
	if (keyctl_join_session_keyring(name) < 0)
		perror("join");
	execvp(argv[1], argv + 1);
	perror(argv[1]);
	return 127;
}
