# SPDX-License-Identifier: GPL-2.0-or-later
# watchq: kernel threads
# --command and --session: what runs while watchq watches, and how both end.

load lib

setup() {
	setup_ring
	export SHELL=/bin/bash
}
teardown() { teardown_ring; }

events() { jq -r .event "$1" | xargs; }
exited() {	# PID: sets status
	status=0
	wait "$1" || status=$?
}

# ---- Statuses ----

@test "the status is the command's: 0, 7, of a signal, and as the shell says" {
	run -0 watchq keys -C true
	run -7 watchq keys -C 'exit 7'
	run -137 watchq keys -C 'kill -9 $$'
	run -127 watchq keys -C no-such-command
}

@test "the shell is SHELL, or /bin/sh" {
	printf '#!/bin/sh\nprintf "%%s;" "$0" "$@"\n' >my-shell
	chmod +x my-shell
	SHELL=$PWD/my-shell run -0 watchq keys -n -C 'a  "b"'
	equal "$output" "$PWD/my-shell;-c;a  \"b\";"
	SHELL='' run -0 watchq keys -n -C 'readlink /proc/$$/exe'
	equal "$output" "$(readlink -f /bin/sh)"
	SHELL=/no/such run -127 watchq keys -n -C true
	[[ $output =~ "/no/such: can't run this shell for --command: No such file or directory" ]]
	SHELL=/etc/passwd run -126 watchq keys -n -C true
	[[ $output =~ "/etc/passwd: can't run this shell" ]]
}

@test "--strict: 4 only if the command returned 0" {
	key=$(keyctl add user k v "$ring")
	flood='kill -STOP $PPID; for i in {1..40}; do keyctl update '$key' $i; done; kill -CONT $PPID;'
	run -4 watchq keys -J -d 32 --strict -C "$flood" "$key"
	[[ $output =~ '"event":"loss"' ]]
	run -5 watchq keys -J -d 32 --strict -C "$flood exit 5" "$key"
	run -0 watchq keys -J -d 32 -C "$flood" "$key"
}

@test "watchq fails while the command runs: 125, unless the command's own is not 0" {
	run -125 bash -c '"$0" keys -C "keyctl clear $1; sleep 0.2; echo ended >&2" "$1" >/dev/full' "$WATCHQ" "$ring"
	[[ $output =~ "standard output: can't write: No space left" ]]
	[[ $output =~ ended ]]
	run -5 bash -c '"$0" keys -C "keyctl clear $1; exit 5" "$1" >/dev/full' "$WATCHQ" "$ring"
}

# ---- What is shown ----

@test "all that the command does is shown, from its first operation to its last" {
	for i in {1..10}; do
		run -0 watchq keys -J -C "keyctl clear $ring; keyctl newring x $ring >&2; keyctl clear $ring" "$ring" 2>/dev/null
		equal "$(grep -o '"event":"[[:lower:]]*"' <<<"$output" | cut -d'"' -f4 | xargs)" "cleared linked cleared"
	done
}

@test "what was posted before the command's end is shown, also if nothing of it had been read" {
	# It leaves one behind that has watchq go on when the command is a zombie.
	cat >command <<-END
		kill -STOP \$PPID
		{ until grep -q ') Z' /proc/\$\$/stat; do sleep 0.02; done; kill -CONT \$PPID; } >&- 2>&- 3>&- &
		for i in {1..20}; do keyctl clear $ring; done
	END
	run -0 watchq keys -J -C 'exec bash command' "$ring"
	equal "$(grep -c cleared <<<"$output")" 20
}

@test "into a pipe: jq has what happened, and who read slowly gets all" {
	equal "$("$WATCHQ" keys -J -C "keyctl clear $ring" "$ring" | jq -r .event)" cleared
	# More than a pipe holds, and nobody reads for longer than who is told to end waits.
	{ "$WATCHQ" keys -J -C "'$HELPERS/burst' 10000 $ring >time" "$ring" 2>err || echo $? >>err; } |
		{ await test -s time; sleep 1.5; cat >json; }
	equal "$(cat err)" ""
	equal "$(tail -1 json | jq .seq)" "$(wc -l <json)"
	(($(stat -c %s json) > 1 << 20))
}

@test "head -1: watching ends, the command goes on, and the status is its own" {
	mkfifo go
	{ "$WATCHQ" keys -J -C "keyctl clear $ring; read <go; keyctl clear $ring; touch ended; exit 5" "$ring" 2>err ||
		echo $? >status; } 3>&- | head -1 >line 3>&- &
	await has_lines 1 line
	sleep 0.1
	echo >go
	await test -s status
	equal "$(cat status err)" 5
	[ -e ended ]
}

# ---- What ends the watching does not end the command ----

@test "--count: the command goes on, and the status is its own" {
	run -5 watchq keys -J -1 -C "keyctl clear $ring; sleep 0.3; keyctl clear $ring; touch ended; exit 5" "$ring"
	equal "${#lines[@]}" 1
	[ -e ended ]
	run -0 watchq keys -J -1 -C "keyctl clear $ring; sleep 0.1" "$ring"
}

@test "--timeout: the command goes on; status 3 if its own is 0" {
	run -3 watchq keys -J -w 100ms -C "while grep -qsE '^watchq-(drain|writer)' /proc/\$PPID/task/*/comm; do sleep 0.05; done; keyctl clear $ring; touch ended" "$ring"
	equal "$output" ""
	[ -e ended ]
	run -5 watchq keys -J -w 100ms -C "sleep 0.3; exit 5" "$ring"
	run -0 watchq keys -J -w 60s -C true "$ring"
}

@test "the watched key is gone: the command goes on" {
	key=$(keyctl add user k v "$ring")
	mkfifo go
	"$WATCHQ" keys -J -C "keyctl unlink $key $ring; read <go; exit 6" "$key" >json 3>&- &
	await grep -q removal json
	echo >go
	exited $!
	equal "$status" 6
	equal "$(tail -1 json | jq -r .event)" removal
}

@test "what the command leaves behind keeps nobody" {
	# It has the standard streams, and so what `run` would wait for.
	timeout $((50 * SLOW)) "$WATCHQ" keys -J -C "sleep 60 & echo \$! >left; keyctl clear $ring" "$ring" >json
	kill "$(cat left)"
	equal "$(events json)" cleared
}

@test "while the command does nothing, watchq does not run; nor when watching has ended" {
	mkfifo go
	for more in '' '-1'; do
		# shellcheck disable=SC2086
		start json keys -J $more -C "keyctl clear $ring; read <go" "$ring"
		await has_lines 1 json
		[ -z "$more" ] || await is_alone "$pid"
		await stays_idle 0.5 "$pid"
		echo >go
		wait "$pid"
	done
}
is_alone() { ! grep -qE '^watchq-(drain|writer)' /proc/"$1"/task/*/comm; }	# nothing of the watching is left

# ---- Signals ----

@test "Ctrl-C on the terminal is the command's: once, and watchq ends when it has" {
	type script || skip "no script(1) to make a terminal"
	# Stopped, watchq hears of it later than the command: one that passed it on would be told.
	cat >command <<-END
		trap 'echo INT >>ints' INT
		kill -STOP \$PPID
		touch waiting
		until [ -e ints ]; do sleep 0.02; done
		kill -CONT \$PPID
		for i in {1..10}; do sleep 0.05; done
		keyctl clear $ring
		exit 9
	END
	{ await test -e waiting; printf '\003'; await test -s status; } |
		script -qec "'$WATCHQ' keys -J -C 'exec bash command' $ring >json; echo \$? >status" /dev/null >/dev/null
	equal "$(cat status)" 9
	equal "$(wc -l <ints)" 1
	equal "$(events json)" cleared
}

@test "a signal to watchq alone is passed on; what the command then does is shown" {
	for signal in TERM INT HUP; do
		rm -f json waiting
		env --default-signal="$signal" "$WATCHQ" keys -J -C "trap 'keyctl clear $ring; exit 4' $signal
			touch waiting; while :; do sleep 0.05; done" "$ring" >json 3>&- &
		pid=$!
		await test -e waiting
		kill -"$signal" "$pid"
		exited "$pid"
		equal "$signal $status $(events json)" "$signal 4 cleared"
	done
	start json keys -J -C 'exec sleep 60' "$ring"
	kill -TERM "$pid"
	exited "$pid"
	equal "$status" 143
}

@test "a signal is passed on also when watching has ended" {
	start json keys -J -1 -C "keyctl clear $ring; exec sleep 60" "$ring"
	await is_alone "$pid"
	kill -TERM "$pid"
	exited "$pid"
	equal "$status" 143
}

@test "SIGHUP with --output-file is for the file alone" {
	mkfifo go
	start none keys -J --output-file log -C "read <go; keyctl clear $ring" "$ring"
	mv log old
	kill -HUP "$pid"
	await test -e log
	echo >go
	wait "$pid"
	equal "$(events log)" cleared
}

# ---- What it inherits ----

@test "the command has signals, limits and descriptors as watchq found them" {
	cat >look <<-'END'
		grep -E '^Sig(Blk|Ign)|^NoNewPrivs|^Threads' /proc/self/status
		ulimit -a -S
		ulimit -n -H
		ls /proc/self/fd
		ps -o pgid= $$ >pgid
	END
	cat >both <<-'END'
		ulimit -S -n 100
		bash look >plain
		"$1" keys --output-file events -C 'exec bash look >ours' "$2"
	END
	env --block-signal=USR1,INT --ignore-signal=PIPE,CHLD bash both "$WATCHQ" "$ring" 3>&-
	diff plain ours
	grep -q '^100$' <(sed -n 's/.*(-n) //p' ours)
	equal "$(cat pgid)" "$(ps -o pgid= $$)"
}

@test "standard input is the command's" {
	equal "$(echo word | "$WATCHQ" keys -n -C 'cat' "$ring")" word
}

# ---- --session ----

@test "--session: a keyring of its own, watched from the command's first operation" {
	before=$(keyctl id @s)
	for i in {1..10}; do
		run -0 --separate-stderr watchq keys -J --session fresh -C 'keyctl add user first v @s >&2; keyctl id @s >&2'
		equal "$(jq -c '[.event,.object,.description,.aux_description]' <<<"$output")" '["linked","@s","fresh","first"]'
		equal "$(jq -r '.aux,.key' <<<"$output")" "$stderr"
	done
	equal "$(keyctl id @s)" "$before"
}

@test "--session without a name; and with KEYs, which replace @s" {
	for name in '' -; do
		run -0 watchq keys -n --session "$name" -C 'keyctl rdescribe @s'
		[[ $output =~ ^keyring\;.*\;_ses$ ]]
	done
	keyctl setperm "$ring" 0x3f3f0000	# it is none of the new session's
	run -0 watchq keys -J --session fresh -C "keyctl newring x @s >&2; keyctl clear $ring" "$ring" 2>/dev/null
	grep -q "\"event\":\"cleared\",.*\"object\":\"$ring\"" <<<"$output"
	! grep -q linked <<<"$output"
}

@test "--session as an ordinary user" {
	run -0 --separate-stderr setpriv --reuid 65534 --regid 65534 --clear-groups \
		"$WATCHQ" keys -J --session mine -C 'keyctl add user mine v @s >&2'
	equal "$(jq -c '[.event,.object,.description,.aux_description]' <<<"$output")" '["linked","@s","mine","mine"]'
}

@test "--session: a keyring of that name which this user may search is joined, and that is said" {
	shared=$(keyctl newring "shared-$$" "$ring")
	keyctl add user k v "$shared"
	run -0 watchq keys -J --session "shared-$$" -C true
	equal "$output" ""
	keyctl setperm "$shared" 0x3f3f0000
	run -0 --separate-stderr watchq keys -n --session "shared-$$" -C 'keyctl id @s'
	equal "$output" "$shared"
	[[ $stderr =~ "there was a keyring 'shared-$$' that this user may search, so that is joined, with its 1 members" ]]
}

@test "--session: no quota left for the keyring" {
	[ -n "${WATCHQ_TEST_KERNEL:-}" ] || skip "only in the test kernel: it sets the limit of all users"
	limit=$(cat /proc/sys/kernel/keys/maxkeys)
	echo 1 >/proc/sys/kernel/keys/maxkeys
	run setpriv --reuid 4714 --regid 4714 --clear-groups "$WATCHQ" keys --session mine -C 'touch ran'
	first="$status $output"
	run setpriv --reuid 4714 --regid 4714 --clear-groups keyctl session - "$WATCHQ" keys --session mine -C 'touch ran'
	echo "$limit" >/proc/sys/kernel/keys/maxkeys
	[[ "$first $output" =~ "can't make a session keyring 'mine': this user's quota of keys is used up" ]] || { echo "$first; $output"; return 1; }
}
