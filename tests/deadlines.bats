# SPDX-License-Identifier: GPL-2.0-or-later
# watchq: host machine
# -w and signals end every command, whatever it waits for. tests/hung.bats has the filesystems that do
# not answer.
# shellcheck disable=SC2016,SC2034,SC2154

load lib

setup() { cd "$BATS_TEST_TMPDIR"; }
teardown() { [ -z "${pid:-}" ] || kill -KILL "$pid" 2>/dev/null || :; }

# In a mount namespace of its own, the function that is named.
inside() {
	needs_mount_ns
	timeout -k 5 $((60 * SLOW)) unshare -m bash -c "
		$(declare -f await is_gone is_stopped has_thread equal within ends "$@")
		set -e
		trap 'kill -KILL \$(jobs -p) 2>/dev/null || :' EXIT
		mount -t tmpfs -o mode=755 work '$BATS_TEST_TMPDIR'
		cd '$BATS_TEST_TMPDIR'
		$1"
}
export WATCHQ HELPERS

has_thread() { grep -q "$2" /proc/"$1"/task/*/comm; }	# PID NAME

# within MS COMMAND...: it takes no longer, with its status.
within() {
	local start status=0
	start=$(date +%s%N)
	"${@:2}" || status=$?
	((($(date +%s%N) - start) / 1000000 <= $1 * SLOW)) || {
		echo "it took $((($(date +%s%N) - start) / 1000000)) ms, more than $1: ${*:2}" >&2
		return 99
	}
	return "$status"
}
# ends STATUS: $pid ends with that status, in a second; a busy machine may take three.
ends() {
	local status=0
	DEADLINE=5 within 3000 await is_gone "$pid" || { kill -KILL "$pid"; return 1; }
	wait "$pid" || status=$?
	equal "$status" "$1"
}
# full NAME: a pipe that is full and nobody reads, as descriptor 7. watchq makes it larger.
full() {
	mkfifo "$1"
	exec 7<>"$1"
	dd if=/dev/zero of="$1" bs=4096 count=16 oflag=nonblock status=none || :
}

@test "a system call does not return: -w and SIGTERM end it, and it says so" {
	local args
	mkfifo fifo
	for args in "decode fifo" "mounts --output-file fifo" "decode --output-file fifo $DATA/every-type-little.hex"; do
		# shellcheck disable=SC2086
		run -3 within 4000 timeout -s KILL 30 "$WATCHQ" $args -w 1
		[[ $output =~ "ended while a system call did not return" ]]
		# shellcheck disable=SC2086
		"$WATCHQ" $args 2>err 3>&- &
		pid=$!
		await has_thread "$pid" watchdog
		kill -TERM "$pid"
		ends 0
		grep -q "ended while a system call did not return" err
	done
}

@test "stdout and stderr are one pipe that nobody reads: -w, SIGTERM and a second SIGTERM end it" {
	local signals
	"$HELPERS/records" 200000 >many
	full unread
	{ status=0; within 4000 timeout -s KILL 30 "$WATCHQ" decode -J -v -w 1 many >&7 2>&1 || status=$?; }
	equal "$status" 3
	for signals in 1 2; do
		"$WATCHQ" decode -J -v many >&7 2>&1 3>&- &
		pid=$!
		await has_thread "$pid" watchdog
		await is_asleep "$pid"
		[ "$signals" = 1 ] || { kill -TERM "$pid"; await has_no_signal "$pid"; }
		kill -TERM "$pid"
		ends 1
	done
	exec 7<&-
}

unread_errors() {
	mkfifo unread
	exec 7<>unread
	dd if=/dev/zero of=unread bs=4096 count=16 oflag=nonblock status=none || :
	mkdir m
	"$WATCHQ" mounts -J -x 'exit 7' m >json 2>unread 7>&- &
	pid=$!
	await has_thread "$pid" writer
	# Each fails, with a message that does not get out.
	for i in {1..20}; do
		mount -t tmpfs "s$i" m
		await grep -q "\"s$i\"" json
		umount m
	done
	kill -TERM "$pid"
	ends 0
}
@test "stderr is full, and --exec fails: further events are reported, and SIGTERM ends it" { inside unread_errors; }

@test "messages that do not fit are counted, and that is reported when there is space" {
	local i reader
	# A summary of 20,000 rows, and again, is more than is kept.
	for ((i = 0; i < 20000; i++)); do printf '%02x%02x7700 08%02x0000' $((i & 255)) $((i >> 8)) $((i % 7)); done | tr a-f A-F | unhex >many
	mkfifo in
	full unread
	"$WATCHQ" decode --endian little -J -S in >json 2>unread 7<&- 3>&- &
	pid=$!
	exec 8>in
	cat many >&8
	await has_lines 20000 json
	for i in {1..3}; do
		kill -USR1 "$pid"
		await has_no_signal "$pid"
		await is_idle "$pid"
	done
	cat unread >read 3>&- 8>&- 7<&- &
	reader=$!
	await grep -qa 'decode: standard error was not read: messages dropped: [1-9]' read
	exec 7<&-
	exec 8>&-
	wait "$pid"
	wait "$reader"
	# None of those that came is cut.
	equal "$(tr -d '\0' <read | grep -v 'messages dropped' | jq -s 'length % 20000')" 0
}

@test "as PID 1: SIGTERM and SIGINT end it, with the status that a shell has" {
	unshare -p -f --mount-proc true 2>/dev/null || skip "no PID namespace may be made here"
	local want
	for signal in TERM INT; do
		for args in "wait mounted:/nowhere" "mounts"; do
			rm -f err
			# shellcheck disable=SC2086
			env --default-signal="$signal" unshare -p -f --mount-proc --kill-child "$WATCHQ" $args -v >/dev/null 2>err 3>&- &
			pid=$!
			await grep -q ': ready$' err
			kill -"$signal" "$(pgrep -P "$pid")"
			want=0
			[ "$args" = mounts ] || want=$((128 + $(kill -l "$signal")))
			ends "$want"
		done
	done
}

@test "as PID 1: orphans that --exec leaves are waited for, and its own status is seen" {
	unshare -p -f --mount-proc true 2>/dev/null || skip "no PID namespace may be made here"
	mkdir m
	cat >child <<-'END'
		setsid sh -c 'sleep 0.1 & exit' &
		wait
		touch ran
		exit 7
	END
	unshare -m -p -f --mount-proc --kill-child "$WATCHQ" mounts -I -c 3 -x 'sh child' --namespace 1 -v >json 2>err 3>&- &
	pid=$!
	await test -e ran
	await grep -q "exit status 7" err
	init=$(pgrep -P "$pid") || :
	[ -z "$init" ] || await eval '! grep -l "^State:.Z" $(pgrep -P "$init" | sed "s|.*|/proc/&/status|") /dev/null'
}

stopped() {
	mkdir m
	"$WATCHQ" wait -J -v -w 1 mounted:m >json 2>err &
	pid=$!
	await grep -q ': ready$' err
	kill -STOP "$pid"
	await is_stopped "$pid"
	mount -t tmpfs one m
	sleep 1.2
	kill -CONT "$pid"
	ends 0
}
@test "wait: stopped across its deadline, the condition is evaluated once more" { inside stopped; }

storm() {
	mkdir m n x
	"$HELPERS/mounter" pairs 100000000 "$PWD/n" >/dev/null &
	loop=$!
	status=0
	within 5000 "$WATCHQ" wait -w 1 mounted:x mounted:"$PWD/m/../x" || status=$?
	kill "$loop"
	equal "$status" 3
}
@test "wait: a process that mounts in a loop does not keep -w" { inside storm; }

@test "wait: a process that adds keys in a loop does not keep -w" {
	local condition
	keyctl new_session >/dev/null 2>&1 || :
	new_ring
	key=$(keyctl add user kept x "$ring")
	"$HELPERS/burst" --endless "$ring" >/dev/null 2>&1 3>&- &
	pid=$!
	for condition in "linked:$ring/user:none" "revoked:$key" "nokey:$key" "expired:$key"; do
		status=0
		within 5000 "$WATCHQ" wait -w 1 "$condition" || status=$?
		equal "$condition $status" "$condition 3"
	done
	kill "$pid"
	keyctl unlink "$ring" @s
}

found_late() {
	truncate -s 16M image
	mke2fs -q -t ext4 -F image
	mkdir m
	mount -o loop image m
	start_in_other
	"$WATCHQ" wait -v --sweep 1h -w 2 ro:m >out 2>err &
	pid=$!
	await grep -q ': ready$' err
	nsenter -m -t "$other" mount -o remount,ro "$PWD/m"
	ends 0
	kill "$other"
	umount m
}
# A process in a mount namespace of its own, with the same mounts. The kernel tells a namespace of the
# changes that are made in it alone.
start_in_other() {
	unshare -m --propagation private sleep 1000 &
	other=$!
	await eval '! [ /proc/self/ns/mnt -ef "/proc/$other/ns/mnt" ]'
}
@test "wait: what only a rescan finds is found when -w is over" {
	needs_root
	needs_loop
	inside found_late start_in_other
}

# Each command that watches or writes, with a line for the reader that does not read.
unread_by_any() {
	local args where signals
	"$HELPERS/records" 200000 >many
	mkfifo unread
	exec 7<>unread
	dd if=/dev/zero of=unread bs=4096 count=16 oflag=nonblock status=none || :
	while read -r args; do
		for where in '>&7' '2>&7' '>&7 2>&1'; do
			status=0
			eval "within 4000 timeout -s KILL 30 '$WATCHQ' $args -v -w 1" ">/dev/null 2>err" "$where" || status=$?
			case "$status" in 1 | 3 | 0) ;; *) echo "$args $where: status $status"; return 1 ;; esac
			eval "'$WATCHQ' $args -v" ">/dev/null 2>err" "$where" "&"
			pid=$!
			sleep 0.3	# not to wait for, but to have the signal come at another time than the first
			kill -TERM "$pid" 2>/dev/null || :
			DEADLINE=5 within 3000 await is_gone "$pid" || { kill -KILL "$pid"; echo "$args $where: SIGTERM does not end it"; return 1; }
			wait "$pid" || :
		done
	done <<-'END'
		keys -I --all
		mounts -I
		sb -I
		block -I
		watch -I all
		watch -I all --format journal
		wait mounted:/
		wait mounted:/nowhere
		decode -J many
		decode many
		decode --annotated many
		mounts -I -x true
	END
}
@test "a reader that reads nothing, of stdout, stderr or both: -w and SIGTERM end every command" { inside unread_by_any; }

@test "wait: SIGTERM leaves no instance of tracefs" {
	needs_root
	in_tracefs true 2>/dev/null || skip "tracefs cannot be mounted"
	needs_trace
	start w wait "key:%user:none-$RANDOM"
	await has_instance "$pid"
	kill -TERM "$pid"
	ends 143
	has_no_instance "$pid"
}
needs_trace() {
	watchq info --raw -n | grep -q '^keys/trace yes' || skip "no keys/trace here"
	! watchq info --raw -n | grep -q '^keys/pipe yes' || skip "keys are watched by a pipe here"
}

@test "nothing waits for the reader of stderr: a summary, warnings and wrong use" {
	full unread
	for args in "decode -S many" "decode --nonsense" "nonsense"; do
		"$HELPERS/records" 10 >many
		status=0
		# shellcheck disable=SC2086
		within 3000 timeout -s KILL 30 "$WATCHQ" $args >/dev/null 2>&7 7>&- || status=$?
		[ "$status" -le 1 ]
	done
	exec 7<&-
}
