# SPDX-License-Identifier: GPL-2.0-or-later
# watchq: both machine threads user
# watchq watch: several sources in one stream.

load lib

setup() {
	needs_mount_ns
	cd "$BATS_TEST_TMPDIR" || return
	# Of this shell's own: what is linked into @s is seen.
	keyctl new_session >/dev/null 2>&1 || :
}

# Keys are heard here, and not looked at now and then.
needs_keys() {
	watchq info --raw -n | grep -qE '^keys/(pipe|trace) yes' || skip "keys can't be heard here, only looked at"
}

# In a mount namespace of its own, with a tmpfs to work in, the function that is named.
inside() {
	timeout -k 5 $((100 * SLOW)) unshare -m bash -c "
		$(declare -f await is_gone is_stopped has_lines has_bytes equal begin has_told told "$@")
		set -e
		trap 'kill \$(jobs -p) 2>/dev/null || :; wait || :' EXIT
		mount -t tmpfs work '$BATS_TEST_TMPDIR'
		cd '$BATS_TEST_TMPDIR'
		$1"
}
export WATCHQ HELPERS

# begin ARGUMENT...: watches; returns when it does.
begin() {
	rm -f err	# what another has said
	"$WATCHQ" watch -J -v "$@" >json 2>err 3>&- &
	watcher=$!
	await grep -q ': ready$' err || { cat err >&2; return 1; }
}
has_told() { (($(grep -c "$2" json) >= $1)); }	# NUMBER PATTERN

# What the filter picks of each event.
told() {	# FILTER LINE...
	equal "$(jq -r --arg pwd "$PWD/" "$1" json)" "$(printf '%s\n' "${@:2}")"
}

# ---- Order and IDs ----

ids() {
	local ring
	mkdir a b
	ring=$(keyctl newring ring @s)
	begin mounts:a "keys:$ring" mounts:b
	mount -t tmpfs one b
	keyctl add user k x "$ring" >/dev/null
	mount -t tmpfs two a
	await has_told 2 '"type":"mount"'
	await has_told 1 '"event":"linked"'
	told 'select(.type == "mount") | "\(.id) \(.object) \(.event) \(.source) \(.target | ltrimstr($pwd))"' '3 b new_mount one b' '1 a new_mount two a'
	told 'select(.event == "linked") | "\(.id) \(.object) \(.aux_description)"' "2 $ring k"
	keyctl unlink "$ring" @s
}
@test "the IDs are the places on the command line, whatever source stands there" {
	needs_keys
	inside ids
}

first_id() {
	mkdir a b
	begin -i 7 block mounts:a sb mounts:b
	mount -t tmpfs two b
	mount -t tmpfs one a
	await has_told 2 new_mount
	told 'select(.event == "new_mount") | "\(.id) \(.source)"' '10 two' '8 one'
}
@test "--id: the first of them" { inside first_id; }

initial() {
	"$WATCHQ" watch -I --once -J mounts sb block >json
	equal "$(jq -r '"\(.type) \(.id)"' json | uniq)" "$(printf '%s\n' 'mount 1' 'sb 2' 'block 3' | grep -E "^($(jq -r .type json | sort -u | paste -sd '|'))")"
	jq -se 'any(.type == "mount" and .target == "/proc") and all(.mark == "initial")' json
	equal "$(jq -r .seq json)" "$(seq "$(wc -l <json)")"
}
@test "--initial --once: what there is of each, numbered through" { inside initial; }

both() {
	local ring i
	mkdir m
	ring=$(keyctl newring ring @s)
	begin "keys:$ring" mounts
	for i in {1..20}; do "$HELPERS/burst" 100 "$ring" >/dev/null && "$HELPERS/pause" 20000; done &
	burst=$!
	for ((i = 1; i <= 300; i++)); do
		mount -t tmpfs "t$i" m
		umount m
	done
	wait "$burst"
	DEADLINE=60 await has_told 2000 '"event":"linked"'
	DEADLINE=60 await has_told 300 '"event":"unmount"'
	kill "$watcher"
	wait "$watcher"
	# Nothing was lost: each is there, once, in the order of its own source.
	! grep -q '"event":"\(ring_\)\?loss"' json || return 1
	# (A mount that is gone before it could be asked about has no name.)
	jq -se 'map(select(.type == "mount")) | length == 600 and
		all(range(0; 600; 2) as $i | [.[$i], .[$i + 1]];
			(.[0].event == "new_mount") and (.[1].event == "unmount") and .[0].mount == .[1].mount)' json
	equal "$(jq -r 'select(.event == "linked").aux' json | wc -l)" 2001
	# One stream: seq by seq, and no time goes back.
	jq -se '[.[].seq] == [range(1; length + 1)]' json
	jq -se '[.[].boottime] as $t | [.[].time] as $w | ($t == ($t | sort)) and ($w == ($w | sort))' json
	# And it is one: they are not told one source behind the other.
	(($(jq -r .type json | uniq | wc -l) > 10))
	keyctl unlink "$ring" @s
}
@test "thousands of both: each once, numbered through, and TIME never goes back" {
	needs_keys
	inside both
}

# ---- One schema ----

# What an event says, but for when, its number and the ID; and the name of a process that is gone.
plain() { jq -Sc 'del(.seq, .time, .boottime, .id, .command)' "$1"; }

same() {
	mkdir a
	"$WATCHQ" mounts -J -v -1 a >one 2>err.one &
	begin -1 sb mounts:a
	await grep -q ': ready$' err.one
	mount -t tmpfs one a
	wait
	equal "$(plain json)" "$(plain one)"
	[ -s one ]
}
@test "an event is what the source's own command makes of it" { inside same plain; }

table() {
	mkdir a
	mount -t tmpfs one a
	"$WATCHQ" watch mounts:a -1 -C 'mount -o remount,ro a' >table
	equal "$(head -n 1 table | xargs)" 'TIME TYPE EVENT ID OBJECT DETAIL'
	sed -n 2p table | grep -qE "^[0-9:.]+ mount readonly +1 a +target=$PWD/a source=one fstype=tmpfs options=ro,.* old-options=rw,"
}
@test "the table's columns serve all: DETAIL says what is known" { inside table; }

capture() {
	mkdir a
	begin mounts:a sb
	"$WATCHQ" watch -c 3 -v mounts:a sb -B=annotated >cap 2>err.cap &
	await grep -q ': ready$' err.cap
	cap=$!
	mount -t tmpfs one a
	await has_told 1 new_mount
	await has_bytes 200 cap
	mount -o remount,ro a
	await has_told 1 readonly
	# Each looks for itself.
	await is_captured '"event":"readonly"'
	umount a
	wait "$cap"
	await has_told 3 mount
	"$WATCHQ" decode -J cap >decoded
	equal "$(jq -r '"\(.type) \(.event) \(.id) \(.object) \(.source) \(.options)"' decoded)" \
		"$(jq -r '"\(.type) \(.event) \(.id) \(.object) \(.source) \(.options)"' json)"
}
@test "an annotated capture of several sources decodes to what live shows" { inside capture is_captured; }
is_captured() { "$WATCHQ" decode -J cap | grep "$1"; }

# ---- What works ----

@test "all: what works here, by the IDs of their places; what isn't heard is said" {
	run -0 --separate-stderr watchq watch all -I --once -J
	jq -se '(map(.type) | unique) - ["meta"] | . - ["key", "mount", "sb", "block"] | length == 0' <<<"$output"
	jq -se 'any(.type == "mount" and .id == 2) and all(.type != "mount" or .id == 2)' <<<"$output"
	run -0 --separate-stderr setpriv --reuid 65534 --regid 65534 --clear-groups "$WATCHQ" watch all -I --once -J
	jq -se 'any(.type == "mount" and .id == 2)' <<<"$output"
	[[ $stderr == *"watchq: watch: sb: "*"; not heard: error"* ]]
}

@test "all: keys are those of keys --all" {
	# Of another session: watchq is in a new one.
	key=$(keyctl add user in-another-session v @s)
	keyctl setperm "$key" 0x3f3f3f3f
	keyctl session - "$WATCHQ" watch all -J -v --interval 100ms -e revoked >json 2>err 3>&- &
	watcher=$!
	await grep -q ': ready$' err
	keyctl revoke "$key"
	await grep -q "\"key\":$key\b" json
	kill "$watcher"
	keyctl unlink "$key" @s
}

@test "all: a source that can't be watched is left out, and that is said" {
	[ -x "$HELPERS/deny" ] || skip "no helper to deny system calls"
	# Neither the pipe nor the keys can be asked for: as in a container.
	run -0 --separate-stderr "$HELPERS/deny" keyctl "$WATCHQ" watch all -I --once -J
	[[ $stderr == *"watchq: watch: keys: "*"; not watched"* ]]
	jq -se 'any(.type == "mount") and all(.type != "key")' <<<"$output"
	run -2 --separate-stderr "$HELPERS/deny" keyctl "$WATCHQ" watch keys sb -w 1ms
	[[ $stderr == *"watchq: watch: keys: "* ]]
	[ -z "$output" ]
}

@test "all: a source that can't be opened is left out, when others stand already" {
	# /proc/keys is found to be masked when that is opened.
	needs_root "for a mount namespace"
	needs_mount_ns
	run -3 --separate-stderr timeout $((100 * SLOW)) unshare -m sh -c 'mount --bind /dev/null /proc/keys; exec "$0" watch all -J -w 300ms' "$WATCHQ"
	[[ $stderr == *"keys: /proc/keys: can't read the keys: "*"; not "* ]]
	run -1 --separate-stderr timeout $((100 * SLOW)) keyctl session - sh -c 'keyctl revoke @s; exec "$0" watch keys mounts -w 300ms' "$WATCHQ"
}

@test "by name: it works or is an error, which names the source" {
	run -1 --separate-stderr watchq watch mounts sb:/nowhere
	[[ $stderr == *"watchq: watch: "*"/nowhere: "* ]]
	run -1 --separate-stderr watchq watch block:nosuchdevice mounts
	[[ $stderr == *"nosuchdevice: no such block device"* ]]
	[ -z "$output" ]
}

@test "--backend: a list" {
	run -3 --separate-stderr watchq watch -v -w 1ms --backend mounts/mountinfo,sb/mountinfo mounts sb
	[[ $stderr == *"watch: mounts: backend mountinfo"*"watch: sb: backend mountinfo"* ]]
	run -1 --separate-stderr watchq watch --backend keys/poll mounts
	[[ $stderr == *"--backend: expected auto, or SOURCE/NAME of what is watched, such as keys/poll, not 'keys/poll'"* ]]
	run -1 --separate-stderr watchq watch --backend mounts/poll mounts
	[[ $stderr == *"watch: mounts: mounts has no backend 'poll'"* ]]
	run -1 --separate-stderr watchq watch --backend poll mounts
	[[ $stderr == *"not 'poll'"* ]]
	run -3 --separate-stderr watchq watch --backend auto -w 1ms mounts
}

events() {
	mkdir a
	mount -t tmpfs one a
	# It is there before, as what is gone at once is in no directory.
	mkdir a/b
	mount -t tmpfs two a/b
	begin -e readonly,unmount mounts:a sb:a
	umount a/b
	await has_told 1 '"unmount"'
	mount -o remount,ro a
	await has_told 2 readonly
	umount a
	await has_told 2 '"unmount"'
	told '"\(.type) \(.event) \(.source)"' 'mount unmount two' "$(jq -r 'select(.event == "readonly") | "\(.type) \(.event) \(.source)"' json)" 'mount unmount one'
	equal "$(jq -r 'select(.event == "readonly").type' json | sort | xargs)" 'mount sb'
	local status=0
	"$WATCHQ" watch -e unlinked mounts sb 2>wrong || status=$?
	equal "$status" 1
	grep -q 'watch: mounts has none of the events that are asked for' wrong
}
@test "--events: a bare name is that event of every source; a source with none is an error" { inside events; }

# ---- Options of one source ----

recursive() {
	local ring sub
	mkdir a
	ring=$(keyctl newring ring @s)
	sub=$(keyctl newring sub "$ring")
	begin -R "keys:$ring" mounts:a -O ro
	mount -t tmpfs -o rw one a
	mount -t tmpfs -o ro two a
	keyctl add user k x "$sub" >/dev/null
	await has_told 1 '"linked"'
	await has_told 1 'new_mount'
	told 'select(.event == "linked") | .path' "$ring/sub"
	told 'select(.event == "new_mount") | .source' two
	keyctl unlink "$ring" @s
}
@test "options of one source: --recursive, --options" {
	needs_keys
	inside recursive
}

@test "--session and --command" {
	needs_keys
	run -0 --separate-stderr timeout $((100 * SLOW)) "$WATCHQ" watch keys --session - -J -C 'keyctl add user in-it x @s'
	jq -se 'any(.event == "linked" and .aux_description == "in-it" and .id == 1)' <(grep '^{' <<<"$output")
}

sweeps() {
	# Its own default: sb looks every ten seconds, and keys' poll is nobody's.
	mkdir a
	mount -t tmpfs one a
	begin mounts:a sb:a --sweep 50ms
	mount -o remount,ro a
	await has_told 2 readonly
}
@test "--sweep is every source's" { inside sweeps; }

# ---- Wrong use ----

@test "wrong use" {
	run -1 --separate-stderr watchq watch
	[[ $stderr == *"watch what? SOURCE, SOURCE:OBJECT, or all"* ]]
	run -1 --separate-stderr watchq watch mount
	[[ $stderr == *"unknown source 'mount'; did you mean 'mounts'?"* ]]
	run -1 --separate-stderr watchq watch decode
	[[ $stderr == *"unknown source 'decode'"* ]]
	run -1 --separate-stderr watchq watch keys:
	[[ $stderr == *"keys:: there is no object behind the colon"* ]]
	run -1 --separate-stderr watchq watch all mounts
	[[ $stderr == *"all and other sources exclude each other"* ]]
	run -1 --separate-stderr watchq watch mounts:/ mounts
	[[ $stderr == *"mounts: is watched as a whole or by its objects, not both, and once"* ]]
	run -1 --separate-stderr watchq watch mounts mounts
	[[ $stderr == *"not both, and once"* ]]
	run -1 --separate-stderr watchq watch --all keys:@s
	[[ $stderr == *"--all and KEY exclude each other"* ]]
	run -1 --separate-stderr watchq watch -i 255 mounts sb
	[[ $stderr == *"no ID is left"* ]]
	run -125 --separate-stderr watchq watch -C true mount
}

@test "watchq-watch is watchq watch" {
	ln -s "$WATCHQ" watchq-watch
	run -3 --separate-stderr ./watchq-watch mounts -w 1ms
}

# ---- As a user of a pipe and of a full disk ----

pipes() {
	mkdir a
	timeout $((100 * SLOW)) "$WATCHQ" watch mounts:a sb -J -v 2>err | head -n 1 >line &
	await grep -q ': ready$' err
	mount -t tmpfs one a
	wait
	jq -e '.source == "one"' line
	local status=0
	timeout $((100 * SLOW)) "$WATCHQ" watch mounts:a sb -I --once >/dev/full 2>err || status=$?
	equal "$status" 1
	grep -q "standard output: can't write: No space left on device" err
}
@test "head -n 1; a full disk" { inside pipes; }
