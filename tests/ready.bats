# SPDX-License-Identifier: GPL-2.0-or-later
# watchq: host threads user
# --ready-fd and NOTIFY_SOCKET: who started watchq is told that it watches.

load lib

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	unset NOTIFY_SOCKET
}
teardown() {
	for left in "${notified:-}" "${pid:-}"; do
		[ -z "$left" ] || kill -KILL "$left" 2>/dev/null || :
	done
}

# In the background, until its end; pid.
mounts() { "$WATCHQ" mounts -n --backend mountinfo "$@" >out 2>err 3>&- & pid=$!; }
ends() {
	kill -TERM "$pid"
	wait "$pid"
}

# ---- --ready-fd ----

@test "--ready-fd: one line when the watches stand, and the end of the file" {
	mkfifo r
	"$WATCHQ" mounts -n --backend mountinfo --ready-fd 7 >out 2>err 3>&- 7>r &
	pid=$!
	# cat ends although watchq does not.
	run -0 timeout $((10 * SLOW)) cat r
	equal "$output" ready
	kill -0 "$pid"
	ends
	equal "$(cat err)" ""
}

@test "--ready-fd: what happens from then on is seen" {
	needs_mount_ns
	for i in {1..5}; do
		timeout $((20 * SLOW)) unshare -m bash -c '
			mount -t tmpfs work "$PWD"; cd "$PWD"; mkdir d; mkfifo r
			"$0" mounts -1 -J --ready-fd 12 12>r >out &
			read -r line <r
			mount -t tmpfs after-"$line" d
			wait $!
			grep -q "\"event\":\"new_mount\".*\"source\":\"after-ready\"" out' "$WATCHQ"
	done
}

@test "--ready-fd: the command does not have it, and finds it told" {
	mkfifo r
	# Who reads sees the end while the command still runs.
	{ timeout $((10 * SLOW)) cat r >told; touch end; } 3>&- &
	# shellcheck disable=SC2016
	run -0 timeout $((20 * SLOW)) bash -c 'exec "$0" mounts -n --ready-fd 7 -C "$1" 7>r' "$WATCHQ" \
		'ls /proc/self/fd; until [ -e end ]; do sleep 0.02; done'
	equal "$(cat told)" ready
	! grep -qx 7 <<<"$output" || return 1
	grep -qx 2 <<<"$output"
}

@test "--ready-fd 1, 2: told, and not closed" {
	run -0 --separate-stderr watchq mounts -n --backend mountinfo --ready-fd 1 -C 'echo later'
	equal "$output" $'ready\nlater'
	run -0 --separate-stderr watchq mounts -n --backend mountinfo --ready-fd 2 -C 'echo later >&2'
	equal "$stderr" $'ready\nlater'
	# Ours is open, too.
	NOTIFY_SOCKET=/no/where run -0 --separate-stderr watchq mounts -n --backend mountinfo --ready-fd 2 -C true
	[[ $stderr =~ ^ready$'\n'.*"can't tell '/no/where'" ]]
}

@test "--ready-fd: what is not open for writing is wrong use" {
	for wrong in 0 9 7 -1 x '' 99999999999 1x; do
		run -1 timeout $((10 * SLOW)) "$WATCHQ" mounts --ready-fd "$wrong" 7</dev/null 9>&-
		[[ $output =~ "--ready-fd: expected the number of a descriptor that is open for writing, from 1 on, not '$wrong'" ]]
		[[ $output =~ "Try 'watchq mounts --help'" ]]
	done
	run -125 watchq mounts --ready-fd 9 -C 'touch ran' 9>&-
	[ ! -e ran ]
	run -1 watchq decode --ready-fd 1 /dev/null
	[[ $output =~ "unknown or ambiguous option '--ready-fd'" ]]
}

@test "--ready-fd: who has gone, or does not read, keeps nobody" {
	{
		trap '' PIPE
		while echo 2>/dev/null; do sleep 0.02; done
		timeout $((20 * SLOW)) "$WATCHQ" mounts -n --ready-fd 7 -C 'touch ran' 7>&1 >out 2>err
		echo $? >status
	} | true
	equal "$(cat status)" 0
	[ -e ran ]
	grep -q -- "--ready-fd: can't write to descriptor 7: Broken pipe" err

	run -0 watchq mounts -n --ready-fd 7 -C 'true' 7>/dev/full
	[[ $output =~ "--ready-fd: can't write to descriptor 7: No space left on device" ]]
	run -0 watchq mounts -n -q --ready-fd 7 -C 'true' 7>/dev/full
	equal "$output" ""

	mkfifo r
	exec 7<>r
	dd if=/dev/zero of=r oflag=nonblock bs=4096 count=16 status=none
	run -0 timeout -s KILL $((20 * SLOW)) "$WATCHQ" mounts -n --ready-fd 7 -C true
	exec 7>&-
	[[ $output =~ "can't write to descriptor 7: Resource temporarily unavailable" ]]
}

@test "--ready-fd: nothing is written if the watches don't stand" {
	mkfifo r
	for wrong in --namespace=/etc/passwd --backend=none; do
		timeout $((10 * SLOW)) cat r >told 3>&- &
		run ! timeout $((10 * SLOW)) "$WATCHQ" mounts --ready-fd 7 "$wrong" 7>r
		wait $!
		equal "$(cat told)" ""
	done
}

# ---- NOTIFY_SOCKET ----

listen() {	# NAME [full]
	"$HELPERS/notified" "$@" >told 3>&- &
	notified=$!
	export NOTIFY_SOCKET=$1
	await grep -q "${1#@}" /proc/net/unix
}
told_is() { [ "$(cat told)" = "$1" ]; }

@test "NOTIFY_SOCKET: READY=1 when the watches stand, STOPPING=1 when watching ends" {
	for name in "$PWD/notify" "@watchq-test-$$-$RANDOM"; do
		listen "$name"
		mounts
		await told_is "$pid READY=1"
		ends
		await told_is "$pid READY=1
$pid STOPPING=1"
		equal "$(cat err)" ""
		kill "$notified"
	done
}

@test "NOTIFY_SOCKET: also where time is up, and when watching ends before the command" {
	listen "$PWD/notify"
	run -3 timeout $((20 * SLOW)) "$WATCHQ" mounts -n -w 50ms -C 'until [ -e go ] || grep -q STOPPING told; do sleep 0.02; done'
	equal "$(cut -d' ' -f2 told | xargs)" "READY=1 STOPPING=1"
}

@test "NOTIFY_SOCKET: nothing is told if the watches don't stand, nor by other commands" {
	listen "$PWD/notify"
	run -1 watchq mounts --namespace /etc/passwd
	run -0 watchq decode /dev/null
	run -0 watchq info
	run -0 watchq mounts -n -C true
	await has_lines 2 told
	equal "$(cut -d' ' -f2 told | xargs)" "READY=1 STOPPING=1"
}

@test "NOTIFY_SOCKET: what can't be told is a warning that names it" {
	long=/$(printf 'x%.0s' {1..107})
	for name in vsock:2:1234 relative @ / "$long" "@$long"; do
		NOTIFY_SOCKET=$name run -0 watchq mounts -n -C true
		[[ $output =~ "NOTIFY_SOCKET: can't tell '$name' that READY=1: neither a path nor an abstract name of a UNIX socket" ]]
	done
	# One byte less is a name, of nobody.
	NOTIFY_SOCKET=${long%x} run -0 watchq mounts -n -C true
	[[ $output =~ "NOTIFY_SOCKET: can't tell '${long%x}' that READY=1: No such file or directory" ]]
	NOTIFY_SOCKET=@${long%x} run -0 watchq mounts -n -C true
	[[ $output =~ "that STOPPING=1: Connection refused" ]]
	NOTIFY_SOCKET=/no/where run -0 watchq mounts -n -q -C true
	equal "$output" ""
	NOTIFY_SOCKET='' run -0 watchq mounts -n --backend mountinfo -C true
	equal "$output" ""
}

@test "NOTIFY_SOCKET: a queue that stays full is waited for, but not for ever" {
	listen "$PWD/notify" full
	await grep -q full told
	run -0 timeout -s KILL $((20 * SLOW)) "$WATCHQ" mounts -n -C true
	[[ $output =~ "can't tell '$PWD/notify' that READY=1: Resource temporarily unavailable" ]]
}
