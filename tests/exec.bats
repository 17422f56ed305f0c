# SPDX-License-Identifier: GPL-2.0-or-later
# watchq: both threads user
# --exec: a command for each event.

load lib

setup() {
	needs_mount_ns
	cd "$BATS_TEST_TMPDIR" || return
}

# In a mount namespace of its own, with a tmpfs to work in, the function that is named.
inside() {
	timeout -k 5 $((${LIMIT:-100} * SLOW)) unshare -m bash -c "
		$(declare -f await is_gone is_stopped has_lines equal not begin ends "$@")
		set -e
		trap 'kill \$(jobs -p) 2>/dev/null || :; wait || :' EXIT
		mount -t tmpfs work '$BATS_TEST_TMPDIR'
		cd '$BATS_TEST_TMPDIR'
		mkdir m
		$1"
}
export WATCHQ HELPERS SANITIZED

# For --command: a mount that is gone before watchq could ask about it is told by none.
export BOTH='mount -t tmpfs one m; until grep -qs new_mount out; do sleep 0.01; done; umount m'

# For --exec: not for ever, where a test has failed.
export UNTIL_GO='n=0; until [ -e go ] || [ $((n += 1)) -gt 1000 ]; do sleep 0.02; done'

# A line that begins with ! never ends a shell that has set -e.
not() { ! "$@"; }

# begin ARGUMENT...: watches m; returns when it does.
begin() {
	rm -f err json	# of the one before
	"$WATCHQ" mounts "$PWD/m" -J -v "$@" >json 2>err 3>&- &
	watcher=$!
	await grep -q ': ready$' err || { cat err >&2; return 1; }
}
ends() {
	local status=0
	DEADLINE=20 await is_gone "$watcher" || { cat err >&2; return 1; }
	wait "$watcher" || status=$?
	equal "$status" "$1"
}

# ---- What it is given ----

values() {
	local name=$'a b $(touch pwned) "quo\'ted" `touch pwned`; touch pwned\nline \xff end'
	mkdir "m/$name"
	WATCHQ_TARGET=stale WATCHQ_LIMIT=stale WATCHQ_OLD_TARGET=stale NOTIFY_SOCKET=/nowhere KEPT=yes \
		begin -c 1 -x 'printf %s "$WATCHQ_TARGET" >target; env -0 >env; cat >input'
	mount -t tmpfs "s p a c e" "m/$name"
	ends 0
	equal "$(cat target; echo .)" "$PWD/m/$name."
	[ ! -e pwned ]
	[ ! -e "m/pwned" ]
	cmp input json
	grep -zqx 'WATCHQ_EVENT=new_mount' env
	grep -zqx 'WATCHQ_TYPE=mount' env
	grep -zqx 'WATCHQ_SOURCE=s p a c e' env
	grep -zqx 'WATCHQ_FSTYPE=tmpfs' env
	grep -zqx 'WATCHQ_ID=1' env
	grep -zqx 'KEPT=yes' env
	# As JSON has them; JSON's names, but for the way they are written.
	grep -zqx "WATCHQ_TIME=$(sed 's/.*"time":\([0-9.]*\),.*/\1/' json)" env	# jq 1.6 drops a 0 at the end
	grep -zqx "WATCHQ_MAJ_MIN=$(jq -r '."maj:min"' json)" env
	grep -zqx "WATCHQ_FS_OPTIONS=$(jq -r .fs_options json)" env
	# What the event does not have comes from nowhere else.
	not grep -zE '^(WATCHQ_(LIMIT|OLD_TARGET|KEY)|NOTIFY_SOCKET)=' env
	not grep -zq stale env
}
@test "values are in the environment, byte for byte; the event as JSON on standard input" { inside values; }

too_long() {
	# Each layer adds 266 bytes to the options of an overlay; the kernel takes no variable of 128 KiB.
	mkdir l
	mount -t tmpfs l l
	"$HELPERS/mounter" layers 500 "$PWD/l" "$PWD/m" || exit 77
	"$WATCHQ" mounts m -J -I --once -x 'env -0 >env; cat >input; echo ran >>ran' >json 2>err
	cmp input json
	(($(jq -r .fs_options json | wc -c) > 131072))
	grep -zqx "WATCHQ_TARGET=$PWD/m" env
	not grep -zE '^WATCHQ_(FS_)?OPTIONS=' env
	grep -qx 'watchq: mounts: --exec: OPTIONS is too long for the environment: it is left out, on standard input it is whole' err
	has_lines 1 err
	not has_lines 2 err
	# Each is short enough, and together they are too long for a small stack: told, and no more.
	[ -z "$SANITIZED" ] || return 0	# which need a larger one
	umount m
	"$HELPERS/mounter" layers 300 "$PWD/l" "$PWD/m"
	rm json
	# The limit is watchq's alone: wc(1) of coreutils 9.7 needs more.
	( ulimit -S -s 512; exec "$WATCHQ" mounts m -J -x 'echo "ran $WATCHQ_EVENT" >>ran' -I -c 2 -w 20 ) >json 2>err &
	watcher=$!
	await has_lines 1 json
	umount m
	mount -t tmpfs one m
	ends 0
	grep -q -- "--exec: .* for mount new_mount $PWD/m: can't run .*: the environment is too large" err
	equal "$(cat ran)" "$(printf '%s\n' ran 'ran new_mount')"
}
@test "a value, and an environment, that the kernel does not take" {
	run inside too_long
	((status != 77)) || skip "no overlay of so many layers here: $output"
	echo "$output"
	((status == 0))
}

input() {
	# Whatever the output is, and with the columns that were asked for.
	"$WATCHQ" mounts "$PWD/m" -x 'cat >>input' -o EVENT,SOURCE -c 1 -C 'mount -t tmpfs one m' >table
	equal "$(cat input)" '{"event":"new_mount","source":"one"}'
	equal "$(tail -n 1 table | xargs)" 'new_mount one'
	# By default with those that --json has, of which a table shows few.
	"$WATCHQ" mounts m -I --once -x 'cat >input' >table
	"$WATCHQ" mounts m -I --once -J >json
	equal "$(without_times input)" "$(without_times json)"
	# Read by two of its processes, and not at all.
	"$WATCHQ" mounts "$PWD/m" -J -x 'head -c 5 >a; cat >b' -c 1 -C 'umount m' >json
	"$WATCHQ" mounts "$PWD/m" -x : -c 1 -C 'mount -t tmpfs two m' >/dev/null
	# The standard input of watchq is its command's of --command, and not theirs.
	umount m
	equal "$(echo given | "$WATCHQ" mounts "$PWD/m" -q -x 'cat >/dev/null' -C 'mount -t tmpfs one m; cat' | grep -c given)" 1
}
without_times() { sed -E 's/"(boot)?time":[0-9.]+,//g' "$1"; }
@test "standard input: with the columns of --output, whatever the output is" { inside input without_times; }

order() {
	# Behind the line of its event, and before the next.
	"$WATCHQ" mounts "$PWD/m" -n -o EVENT -x 'sleep 0.1; echo "ran $WATCHQ_EVENT"' -C "$BOTH" >out
	equal "$(sed 's/ *$//' out)" "$(printf '%s\n' new_mount 'ran new_mount' unmount 'ran unmount')"
}
@test "one behind the other, each behind its line" { inside order; }

jobs_() {
	# Four that wait for one another, and a fifth that must wait for a place.
	mkdir m/1 m/2 m/3 m/4 m/5
	begin -c 5 --jobs 4 -x "touch begun.\$\$; $UNTIL_GO; echo ran >>ran"
	for i in 1 2 3 4 5; do mount -t tmpfs one m/$i; done
	await has_files 4
	await eval '[ "$(wc -l <json)" -ge 4 ]'
	sleep 0.2
	has_files 4
	not has_files 5
	touch go
	ends 0
	has_lines 5 ran
	has_files 5
}
has_files() { (($(find . -maxdepth 1 -name 'begun.*' | wc -l) >= $1)); }	# NUMBER
@test "--jobs: so many at a time" { inside jobs_ has_files; }

thousands() {
	# Of any mount, as one that is gone before it could be asked about has no path.
	"$WATCHQ" mounts -J -v --jobs 4 -x 'echo "$WATCHQ_SEQ $WATCHQ_EVENT" >>ran.$((WATCHQ_SEQ % 8))' >json 2>err 3>&- &
	watcher=$!
	await grep -q ': ready$' err
	"$HELPERS/mounter" pairs 1000 m >/dev/null
	DEADLINE=150 await eval '[ "$(cat ran.* | wc -l)" -ge 2000 ]' || { wc -l json ran.* >&2; cat err >&2; return 1; }
	kill "$watcher"
	ends 0
	equal "$(jq -r .event json | sort | uniq -c | xargs)" '1000 new_mount 1000 unmount'
	equal "$(cat ran.* | sort -n)" "$(jq -r '"\(.seq) \(.event)"' json)"
}
@test "two thousand events: each exactly once" {
	watchq info --raw -n | grep -q '^mounts/fanotify yes' || skip "without mounts/fanotify not all are seen"
	LIMIT=300 inside thousands
}

once() {
	mount -t tmpfs one m
	mkdir m/a
	mount -t tmpfs two m/a
	"$WATCHQ" mounts m -I --once -x 'echo "$WATCHQ_MARK $WATCHQ_SOURCE" >>ran' >/dev/null
	equal "$(cat ran)" "$(printf '%s\n' 'initial one' 'initial two')"
	# Marks of the stream are nobody's events.
	"$WATCHQ" mounts m -I --once --marks -x 'echo "$WATCHQ_EVENT" >>marks' >out
	equal "$(cat marks | xargs)" 'new_mount new_mount'
	grep -q quiet out
}
@test "--initial: for what there is; not for marks" { inside once; }

# ---- What it inherits ----

# Signals 32 and 33 are libc's own, who has them as it likes; make(1) has them ignored.
ignored() { printf '%x\n' "$((0x$(sed -n 's/^SigIgn:\t//p' "$1") & ~(3 << 31)))"; }

# A shell has descriptors and signals of its own: what is compared is the same shell, by the same words.
inherits() {
	local words='ls -l /proc/$$/fd >fds; cat /proc/self/status >status; nice >nice;
		cat /proc/$$/sched >sched 2>/dev/null || :; ulimit -n >limit; cat /proc/self/limits >limits' SHELL
	export SHELL
	trap '' USR2
	ulimit -n 256
	for SHELL in "$BASH" /bin/sh; do
		"$SHELL" -c "$words"
		mv fds expected-fds
		mv status expected
		mv limits expected-limits
		nice -n 3 "$WATCHQ" watch mounts:m -c 1 -q -x "$words" -C 'mount -t tmpfs one m' >/dev/null
		umount m
		# Of descriptors it has those that are nobody's but the user's.
		equal "$(grep -oE ' [0-9]+ -> ' fds)" "$(grep -oE ' [0-9]+ -> ' expected-fds)"
		grep -qE ' 0 -> /memfd:' fds
		equal "$(grep -E '^SigBlk' status | cut -f 2)" 0000000000000000
		# USR2 was ignored, and is; PIPE was not.
		grep -qE '^SigIgn.*[89a-f]..$' expected
		equal "$(ignored status)" "$(ignored expected)"
		equal "$(cat nice)" "$(nice -n 3 nice)"
		[ ! -s sched ] || grep -qE '^policy +: +0$' sched
		equal "$(cat limit)" 256
		equal "$(cat limits)" "$(cat expected-limits)"
	done
}
@test "descriptors, signals, niceness, scheduling and limits as watchq found them" {
	[ -z "$SANITIZED" ] || skip "a sanitizer has signals of its own"
	inside inherits ignored
}

@test "keys --recursive raises the limit of descriptors for itself alone" {
	watchq info --raw -n | grep -qE '^keys/(pipe|trace) yes' || skip "keys can't be heard here, only looked at"
	keyctl new_session >/dev/null 2>&1 || :
	ring=$(keyctl newring ring @s)
	ulimit -S -n 300
	run -0 --separate-stderr timeout 60 "$WATCHQ" keys -R -q -c 1 "$ring" -x 'ulimit -n >limit; ps -o cls= -p $$ >class' \
		-C "keyctl add user k x $ring >/dev/null"
	equal "$(cat limit)" 300
	equal "$(tr -d ' ' <class)" TS
	keyctl unlink "$ring" @s
}

# ---- What fails ----

failure() {
	"$WATCHQ" mounts m -x 'exit 3' -C "$BOTH" >out 2>err
	equal "$(grep -c 'exit status 3' err)" 2
	grep -q unmount out
	"$WATCHQ" mounts m -x 'exit 3' -C 'mount -t tmpfs one m' >out 2>err
	grep -qx "watchq: mounts: --exec: 'exit 3' for mount new_mount $PWD/m: exit status 3" err
	umount m
	"$WATCHQ" mounts m -x 'kill -9 $$' -C 'mount -t tmpfs one m' >out 2>err
	grep -q 'killed by signal 9' err
	"$WATCHQ" mounts m -q -x 'exit 3' -C 'umount m' >out 2>err
	[ ! -s err ]
	# (--command would be run by that shell, too.)
	SHELL=/nowhere/sh begin -x true -c 1
	mount -t tmpfs one m
	ends 0
	jq -se 'length == 1' json
	# (ThreadSanitizer makes a fork() of vfork(), which tells no more than a status.)
	grep -q "for mount new_mount $PWD/m: can't run /nowhere/sh: No such file or directory; SHELL says which shell" err ||
		{ [ -n "$SANITIZED" ] && grep -q 'exit status 127' err; }
	umount m
	# With --strict it is the end.
	begin --strict -x '[ "$WATCHQ_SOURCE" != bad ]'
	mount -t tmpfs good m
	await grep -q good json
	umount m
	mount -t tmpfs bad m
	ends 1
	grep -q -- "--exec: .* for mount new_mount $PWD/m: exit status 1" err
	jq -se 'any(.source == "bad")' json
}
@test "a failure is told, and goes on; with --strict it is the end" { inside failure; }

# A long path makes the values' memory grow at its event, and the other events need less.
one_failed() {
	local long i status failed none=
	printf -v long '%0250d' 0
	long=m/$long/$long/$long/$long/$long/$long/$long/$long
	mount -t tmpfs one m
	mkdir -p m/a m/b "$long"
	mount -t tmpfs two "$long"
	mount -t tmpfs three m/a
	mount -t tmpfs four m/b
	for ((i = 1; i <= 40; i++)); do
		: >ran
		status=0
		WQT_FAIL_SIZE=2000 WQT_FAIL_ALLOC=$i LD_PRELOAD=$HELPERS/libwqt-fail-malloc.so \
			"$WATCHQ" mounts m -I --once -x 'echo "$WATCHQ_SOURCE" >>ran' >/dev/null 2>err || status=$?
		failed=$(grep -c -e '--exec:.*Cannot allocate memory' err) || :
		[ "$failed" = 0 ] || none=no
		[ "$status" != 0 ] || [ $(($(wc -l <ran) + failed)) = 4 ] || { echo "allocation $i:" && cat err ran; return 1; }
		[ "$status" = 0 ] || [ -s err ]
		[ "$failed" -le 1 ]
	done
	[ "$none" = no ]
}
@test "memory runs out for one event: the next has its command" {
	[ -z "$SANITIZED" ] || skip "a sanitizer has an allocator of its own"
	[ -e "$HELPERS/libwqt-fail-malloc.so" ] || skip "no libwqt-fail-malloc.so"
	inside one_failed
}

ending() {
	# The last one is waited for, and all that was shown has its turn.
	"$WATCHQ" mounts m -c 2 -x 'sleep 0.3; echo ran >>ran' -C "$BOTH" >out
	has_lines 2 ran
	# So are all that run at a time.
	"$WATCHQ" mounts m --jobs 3 -c 2 -x 'sleep 0.5; echo together >>ran' -C "$BOTH" >out
	equal "$(grep -c together ran)" 2
	# A signal: who runs is waited for, no other begins.
	begin -x "echo begun >>begun; $UNTIL_GO; echo ended >>ended"
	mount -t tmpfs one m
	await has_lines 1 begun
	umount m
	mount -t tmpfs two m
	kill "$watcher"
	await has_no_signal "$watcher"
	sleep 0.$((2 * SLOW))	# it is to be found alive
	not is_gone "$watcher"
	touch go
	ends 0
	equal "$(wc -l <begun) $(wc -l <ended)" '1 1'
	grep -q 'stopped by a signal; events that the command was not run for: 2' err
	# A second one is for watchq alone.
	rm -f go begun ended
	begin -x "echo begun >>begun; $UNTIL_GO; echo ended >>ended"
	umount m
	await has_lines 1 begun
	kill "$watcher"
	await has_no_signal "$watcher"
	sleep 0.$((2 * SLOW))
	kill "$watcher"
	ends 1
	grep -q 'stopped while a command of --exec was running' err
	touch go
	await has_lines 1 ended
}
# The second signal while what had been posted is still being read.
at_once() {
	mkdir m/a m/b
	mount -t tmpfs one m/a
	# Two that wait would be one.
	begin -x "while grep -q '^ShdPnd:.*[1-9a-f]' /proc/\$PPID/status; do :; done; kill \$PPID; $UNTIL_GO"
	kill -STOP "$watcher"
	await is_stopped "$watcher"
	"$HELPERS/mounter" moves 50000 "$PWD/m/a" "$PWD/m/b"
	kill "$watcher"
	kill -CONT "$watcher"
	ends 1
	# On a slow machine the watchdog comes first.
	grep -qE 'stopped while a command of --exec was running|ended at once by a second signal' err
	touch go
}
@test "a second signal while it still reads is at once, too" { inside at_once; }

late() {
	# A signal when it is ending already, by its count: the same.
	begin -c 3 -x "echo begun >>begun; $UNTIL_GO"
	for i in 1 2 3; do
		mkdir m/$i
		mount -t tmpfs $i m/$i
	done
	await has_lines 1 begun
	await eval '[ "$(wc -l <json)" -ge 1 ]'
	kill "$watcher"
	await has_no_signal "$watcher"
	sleep 0.$((2 * SLOW))
	not is_gone "$watcher"
	touch go
	ends 0
	has_lines 3 json
	equal "$(wc -l <begun)" 1
	umount m/*
	# One that the command has had is not for those of --exec.
	rm -f begun
	"$WATCHQ" mounts m -v -x 'echo begun >>begun' -C 'trap : TERM; touch there; while [ ! -e had ]; do sleep 0.02; done; mount -t tmpfs one m/1' >json 2>err &
	watcher=$!
	await test -e there
	kill "$watcher"
	touch had
	ends 0
	equal "$(wc -l <begun)" 1
}
@test "a signal while it ends; and one that the command of --command has had" { inside late has_no_signal; }

children() {
	# (dash has it with its default, whatever it was.)
	export SHELL=$BASH
	trap '' CHLD
	grep SigIgn /proc/self/status >expected
	"$WATCHQ" mounts m -q -c 1 -x 'grep SigIgn /proc/self/status >ignored; exit 3' --strict -C 'mount -t tmpfs one m' >/dev/null 2>err || :
	trap - CHLD
	grep -q 'exit status 3' err
	grep -qE '[13579bdf]....$' expected
	equal "$(ignored ignored)" "$(ignored expected)"
}
@test "SIGCHLD that is ignored: the command's end is known, and it has it so" {
	[ -z "$SANITIZED" ] || skip "a sanitizer has signals of its own"
	inside children ignored
}

unwritten() {
	mount -t tmpfs one m
	"$WATCHQ" mounts m -I --once -B -x 'echo ran >>ran' >cap
	[ ! -s cap ]
	[ ! -e ran ]
	"$WATCHQ" mounts m -I --once -B=annotated -x 'echo ran >>ran' >cap
	equal "$(cat ran)" ran
}
@test "--binary: not for what is in no plain capture" { inside unwritten; }

@test "the end: what runs is waited for; after a signal nothing begins; a second one is at once" { inside ending has_no_signal; }

gone() {
	# Who read the output has gone.
	("$WATCHQ" mounts m -v -x 'echo ran >>ran' 2>err; echo $? >status) | head -n 2 >out &
	await grep -q ': ready$' err
	mount -t tmpfs one m
	await grep -q new_mount out
	umount m
	await test -s status
	equal "$(cat status)" 0
	# While a command runs: it isn't waited for.
	rm -f err out status
	("$WATCHQ" mounts m -v -x "touch begun; $UNTIL_GO" 2>err; echo $? >status) | { read -r _; read -r _; await test -e begun; } &
	await grep -q ': ready$' err
	mount -t tmpfs one m
	await test -s status
	equal "$(cat status)" 0
	touch go
	umount m
	local status=0
	mount -t tmpfs one m
	"$WATCHQ" mounts m -I --once -x 'echo full >>ran' >/dev/full 2>err || status=$?
	equal "$status" 1
	not grep -q full ran
}
@test "the reader is gone; the disk is full" { inside gone; }

@test "wrong use" {
	run -1 --separate-stderr watchq mounts -x ''
	[[ $stderr == *'--exec: an empty command'* ]]
	run -1 --separate-stderr watchq mounts --jobs 2
	[[ $stderr == *'--jobs goes with --exec'* ]]
	run -1 --separate-stderr watchq mounts -x : --jobs 65
	[[ $stderr == *'--jobs: expected a number from 1 to 64'* ]]
	run -1 --separate-stderr watchq decode -x :
	[[ $stderr == *"unknown option '-x'"* ]]
}

by_name() {
	SHELL=bash "$WATCHQ" mounts -e mount m -x 'echo "$BASH_VERSION" >>ran' -C 'mount -t tmpfs one m; [ -n "$BASH_VERSION" ]' >out
	grep -q . ran
	local status=0
	SHELL=no-such-shell "$WATCHQ" mounts -C true 2>err || status=$?
	equal "$status" 127
	grep -q "no-such-shell: can't run this shell" err
}
@test "SHELL is a name without a path: it is looked for in PATH" { inside by_name; }
