# SPDX-License-Identifier: GPL-2.0-or-later
# watchq: both
# What a reader makes of the stream is what there is: random operations on a tree of
# mounts, watchq stopped now and then, its queue overflowing in some, and at the next
# quiet moment the mounts that the events add up to are those that findmnt lists.

load lib

SEEDS=${LONG:+100}
: "${SEEDS:=40}"
OPERATIONS=${OPERATIONS:-300}

setup() {
	local why
	needs_mount_ns
	why=$(watchq info --raw -n | sed -n 's/^mounts\/fanotify no //p')
	[ -z "$why" ] || skip "mounts/fanotify: $(printf '%b' "$why")"
	cd "$BATS_TEST_TMPDIR"
}

# model FILE: a line for each mount that the events add up to. The target of what is on a
# mount follows it: so each is kept as its parent's ID and the rest.
model() {
	jq -rn '
		def path($all; $id): $all[$id] as $m |
			if $m == null then null
			elif $m.on != null and $all[$m.on] != null then path($all; $m.on) + $m.rest
			else $m.rest end;
		def rest($all; $id; $on; $target):
			(if $on == $id or $all[$on] == null then null else path($all; $on) end) as $up |
			if $up == null or $target == null then {on: null, rest: $target}
			elif $up == "/" then {on: null, rest: $target}
			elif $target | startswith($up) then {on: $on, rest: $target[($up | length):]}
			else {on: null, rest: $target} end;
		(reduce inputs as $e ({};
			($e.mount // 0 | tostring) as $id | ($e.parent // 0 | tostring) as $on |
			if $e.type != "mount" then .
			elif $e.event == "unmount" then del(.[$id])
			elif $e.event == "move_from" then .
			elif $e.event == "new_mount" or $e.event == "move_to" then
				. as $all | .[$id] = ($e | {fstype, options, propagation}) + rest($all; $id; $on; $e.target)
			else .[$id] += ($e | {options, propagation}) end)) as $all |
		$all | keys[] | . as $id | $all[$id] | [path($all; $id), .fstype, .options, .propagation] | join(" ")' "$1" |
		sort
}
truth() { findmnt -rn -o TARGET,FSTYPE,OPTIONS,PROPAGATION | sort; }

# The last line says that it is quiet, nothing has come since, and it is right at once.
settled() {
	tail -n 1 json | grep -q '"event":"quiet"' || return
	truth >truth
	model json >model
	cmp -s truth model
}

# One seed, in a mount namespace of its own: random operations, watchq stopped at random.
one() {	# SEED OPERATIONS OPTION...
	local seed=$1 operations=$2 watcher run
	shift 2
	mkdir "$seed"
	cd "$seed"
	mkdir tree end
	mount -t tmpfs tree tree
	"$WATCHQ" mounts -J -I --marks -v "$@" >json 2>err 3>&- &
	watcher=$!
	await grep -q ': ready$' err
	"$HELPERS/mounter" random "$seed" "$operations" "$PWD/tree" ${MODE:-} >said 2>&1 3>&- &
	run=$!
	RANDOM=$seed
	while kill -0 "$run" 2>/dev/null; do
		sleep "0.0$((RANDOM % 9))"
		[ $((RANDOM % 3)) = 0 ] || continue
		kill -STOP "$watcher"
		sleep "0.$((RANDOM % 3))$((RANDOM % 9))"
		kill -CONT "$watcher"
	done
	wait "$run" || { echo "seed $seed: mounter failed: $(cat said)" >&2; return 1; }
	# Something at the end that is heard: what came before it is told by then.
	mount -t tmpfs end end
	if ! DEADLINE=20 await settled; then
		echo "seed $seed: what there is, and what the stream says:" >&2
		diff truth model >&2
		tail -n 40 err >&2
		kill -KILL "$watcher"
		return 1
	fi
	kill -TERM "$watcher"
	wait "$watcher" || { echo "seed $seed: watchq ended with $?" >&2; return 1; }
	cat said >>../operations
	grep -c '"event":"loss"' json >>../losses || true
	cd ..
}

# The seeds, some at a time, each in a mount namespace that ENTER makes.
export -f await is_gone truth model settled one
export WATCHQ HELPERS
many() {	# FIRST LAST OPERATIONS OPTION...
	local seed failed=0
	for ((seed = $1; seed <= $2; seed++)); do
		while (($(jobs -pr | wc -l) >= 4)); do wait -n || failed=$((failed + 1)); done
		# shellcheck disable=SC2086
		${ENTER:-unshare -m} bash -c 'one "$@"' one "$seed" "${@:3}" 3>&- &
	done
	while [ -n "$(jobs -p)" ]; do wait -n || { (($? == 127)) && break; failed=$((failed + 1)); }; done
	equal "$failed" 0
}

@test "$SEEDS seeds: the events add up to what findmnt lists" {
	many 1 "$SEEDS" "$OPERATIONS"
}

@test "$((SEEDS / 4)) seeds: backend mountinfo" {
	many 201 $((200 + SEEDS / 4)) "$OPERATIONS" --backend mountinfo
}

@test "$((SEEDS / 4)) seeds: changes that wake nobody, with --sweep" {
	MODE=attributes many 301 $((300 + SEEDS / 4)) "$OPERATIONS" --sweep 200ms
}

@test "$SEEDS seeds: the queue overflows" {
	local queue=/proc/sys/fs/fanotify/max_queued_events
	grep -q 'User Mode' /proc/cpuinfo || skip "lowers $queue, which is this machine's: in the test kernel only"
	echo 8 >"$queue"
	# Root of the machine has no limit; root of a user namespace has.
	ENTER='unshare -Urm' many 401 $((400 + SEEDS)) "$OPERATIONS"
	echo 16384 >"$queue"
	grep -qv '^0$' losses
}
