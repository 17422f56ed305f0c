# SPDX-License-Identifier: GPL-2.0-or-later
# watchq: kernel
# What a reader makes of the stream is what there is: random operations on trees of
# keyrings, watchq stopped now and then, and at the next quiet moment the members that
# the events add up to are those that keyctl lists.

load lib

SEEDS=${LONG:+50}	# of each kind
: "${SEEDS:=20}"
OPERATIONS=${OPERATIONS:-1500}

setup() {
	needs_pipe
	new_ring
	cd "$BATS_TEST_TMPDIR"
	gc_delay=$(cat /proc/sys/kernel/keys/gc_delay 2>/dev/null || true)
}

teardown() {
	[ -z "${gc_delay:-}" ] || echo "$gc_delay" >/proc/sys/kernel/keys/gc_delay || true
	[ -z "${ring:-}" ] || keyctl unlink "$ring" @s 2>/dev/null || true
}

# model FILE LISTING: "KEYRING MEMBER..." of each keyring in LISTING, by the stream.
model() {
	jq -rn --rawfile listing "$2" '
		(reduce inputs as $e ({};
			if $e.event == "linked" then .["\($e.key)"]["\($e.aux)"] = 1
			elif $e.event == "unlinked" then del(.["\($e.key)"]["\($e.aux)"])
			elif $e.event == "cleared" or $e.event == "removal" then .["\($e.key)"] = {}
			elif $e.event == "revoked" and $e.key_type == "keyring" then .["\($e.key)"] = {}
			else . end)) as $model |
		$listing | split("\n")[] | select(. != "") | split(" ")[0] |
		[.] + ($model[.] // {} | keys | map(tonumber) | sort | map(tostring)) | join(" ")' "$1"
}

# One seed: operations, with watchq stopped at random, to the last event and the quiet
# after it. It watches each key, or with -R the keyring at the top alone.
one() {	# SEED KIND OPTION...
	local seed=$1 kind=$2 tree top run watched listing=list
	shift 2
	top=$(keyctl newring "top-$seed" "$ring")
	tree=$("$HELPERS/keytree" make "$top")
	watched=$tree
	case " $* " in *" -R "*)
		watched=$top
		listing=tree ;;
	esac
	mkdir "$seed"
	cd "$seed"
	# shellcheck disable=SC2086
	"$WATCHQ" keys -J -I --marks -v "$@" $watched >json 2>err 3>&- &
	local watcher=$!
	await grep -q ': ready$' err
	# shellcheck disable=SC2086
	"$HELPERS/keytree" run "$seed" "$OPERATIONS" "$kind" $tree >said 3>&- &
	run=$!
	RANDOM=$seed
	while kill -0 "$run" 2>/dev/null; do
		sleep "0.0$((RANDOM % 9))"
		[ $((RANDOM % 3)) = 0 ] || continue
		kill -STOP "$watcher" 2>/dev/null || break
		sleep "0.$((RANDOM % 3))$((RANDOM % 9))"
		kill -CONT "$watcher" 2>/dev/null || break	# it may have ended: all it watched is gone
	done
	wait "$run" || { echo "seed $seed: keytree failed" >&2; return 1; }
	# shellcheck disable=SC2086
	if ! DEADLINE=20 await settled "$kind" $listing $watched; then
		echo "seed $seed: what is listed, and what the stream says:" >&2
		diff listing model >&2
		kill -KILL "$watcher"
		return 1
	fi
	kill -TERM "$watcher" 2>/dev/null || true
	wait "$watcher" || { echo "seed $seed: watchq ended with $?" >&2; return 1; }
	cd ..
	rm -rf "$seed"
	keyctl unlink "$top" "$ring"
}

# Quiet after the end, and right at that moment. With keys that run out time goes on
# changing things, so then: right at some moment.
settled() {	# KIND list|tree SERIAL...
	local kind=$1 listing=$2
	shift 2
	if [ "$kind" = seen ] && [ ! -s said ]; then
		awk '/"aux_description":"end"/ { end = 1 } /"quiet"/ && end { quiet = 1 } END { exit !quiet }' json || return
	fi
	"$HELPERS/keytree" "$listing" "$@" >listing
	model json listing >model
	if cmp -s listing model; then return 0; fi
	[ "$kind" != seen ] || sleep 20		# it was quiet, and wrong: no second chance
	return 1
}

# The seeds, some at a time.
many() {	# FIRST LAST KIND OPTION...
	local seed failed=0
	for ((seed = $1; seed <= $2; seed++)); do
		while (($(jobs -pr | wc -l) >= 8)); do wait -n || failed=$((failed + 1)); done
		(one "$seed" "${@:3}") &
	done
	while [ -n "$(jobs -p)" ]; do wait -n || { (($? == 127)) && break; failed=$((failed + 1)); }; done
	equal "$failed" 0
}

@test "$SEEDS seeds: what records tell, and what the kernel does not say of it" {
	many 1 "$SEEDS" seen
}

@test "$SEEDS seeds: keys that run out and are collected without a record, with --sweep" {
	[ -w /proc/sys/kernel/keys/gc_delay ] || skip "needs root, for a shorter /proc/sys/kernel/keys/gc_delay"
	echo 1 >/proc/sys/kernel/keys/gc_delay
	many 101 $((100 + SEEDS)) all --sweep 200ms
}

@test "$((SEEDS / 2)) seeds: -R, from the keyring at the top" {
	many 201 $((200 + SEEDS / 2)) seen -R
}

@test "$((SEEDS / 2)) seeds: -R, and keys that run out and are collected without a record" {
	[ -w /proc/sys/kernel/keys/gc_delay ] || skip "needs root, for a shorter /proc/sys/kernel/keys/gc_delay"
	echo 1 >/proc/sys/kernel/keys/gc_delay
	many 301 $((300 + SEEDS / 2)) all -R
}

@test "a keyring of which nothing was lost is read once" {
	# What is read again shows as calls: keyctl(2) is counted.
	command -v strace || skip "needs strace"
	strace -f -o calls -e trace=keyctl "$WATCHQ" keys -J -v "$ring" >json 2>err 3>&- &
	await grep -q ': ready$' err
	for i in 1 2 3 4 5; do keyctl add user "k$i" v "$ring"; done
	await has_lines 5 json
	kill -TERM "$(pgrep -P $! -x watchq)"
	wait
	equal "$(grep -c KEYCTL_READ calls)" 1
}
