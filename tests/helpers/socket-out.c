// SPDX-License-Identifier: GPL-2.0-or-later
/* socket-out COMMAND...: runs COMMAND with a socket for standard output, whose
 * other end is closed a moment later. Its exit status; 124 after ten seconds. */
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static pid_t child;

static void give_up(int sig)
{
	(void) sig;
	kill(child, SIGKILL);
	_exit(124);
}

int main(int argc, char **argv)
{
	int ends[2], status = 0;
	char byte;

	if (argc < 2 || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends)) {
		perror("socket-out");
		return 125;
	}
	child = fork();
	if (child == 0) {
		dup2(ends[1], STDOUT_FILENO);
		execvp(argv[1], argv + 1);
		_exit(127);
	}
	close(ends[1]);
	signal(SIGALRM, give_up);
	alarm(10);
	/* Something to read, or half a second of nothing. */
	struct timeval half = { .tv_usec = 500000 };
	setsockopt(ends[0], SOL_SOCKET, SO_RCVTIMEO, &half, sizeof(half));
	if (read(ends[0], &byte, 1) < 0)
		byte = 0;
	close(ends[0]);
	waitpid(child, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
