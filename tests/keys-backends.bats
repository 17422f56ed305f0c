# SPDX-License-Identifier: GPL-2.0-or-later
# watchq: both machine user
# What each backend of keys tells, and what it can't see: the same for all of them.

load lib

setup() {
	# This test's own: who runs the tests may have none, or one that can't be added to.
	keyctl new_session >/dev/null
	new_ring
	cd "$BATS_TEST_TMPDIR"
}
teardown() {
	drop_kept
	teardown_ring
}

# by BACKEND OPTION...: watches the ring, or what is named, in `events`.
by() {
	local backend=$1 why
	shift
	why=$(watchq info --raw -n | sed -n "s/^keys\/$backend no //p")
	[ -z "$why" ] || skip "keys/$backend: $(printf '%b' "$why")"
	[[ " $* " =~ \ [0-9]+\  ]] || set -- "$@" "$ring"
	start events keys -J --backend "$backend" --interval 50ms "$@"
}

# told EVENT KEY [AUX]: within ten seconds there is that event, without a mark.
told() {
	await is_told "$@" || {
		jq -c '[.event,.key,.aux,.mark]' events >&2
		return 1
	}
}
is_told() {
	jq -es --arg event "$1" --argjson key "$2" --argjson aux "${3:-0}" \
		'any(.event == $event and .key == $key and (.aux // 0) == $aux and .mark == null)' events
}
# The events so far, in order.
names() { jq -r .event events | xargs; }

# ---- What there is to see, one after the other ----

linked() {
	by "$1"
	key=$(keyctl add user k v "$ring")
	told linked "$ring" "$key"
	equal "$(jq -r .aux_description events)" k
}
@test "linked: pipe" { linked pipe; }
@test "linked: trace" { linked trace; }
@test "linked: poll" { linked poll; }

unlinked() {
	key=$(keyctl add user k v "$ring")
	by "$1"
	keyctl unlink "$key" "$ring"
	told unlinked "$ring" "$key"
	equal "$(jq -r .aux_description events)" k
}
@test "unlinked: pipe" { unlinked pipe; }
@test "unlinked: trace" { unlinked trace; }
@test "unlinked: poll" { unlinked poll; }

moved() {
	key=$(keyctl add user k v "$ring")
	to=$(keyctl newring to @s)
	by "$1" "$ring" "$to"
	keyctl move "$key" "$ring" "$to"
	told unlinked "$ring" "$key"
	told linked "$to" "$key"
	keyctl unlink "$to" @s
}
@test "a key that is moved: pipe" { moved pipe; }
@test "a key that is moved: trace" { moved trace; }
@test "a key that is moved: poll" { moved poll; }

cleared() {
	keyctl add user k1 v "$ring"
	keyctl add user k2 v "$ring"
	by "$1"
	keyctl clear "$ring"
	told cleared "$ring"
	equal "$(names)" cleared
}
@test "cleared: pipe" { cleared pipe; }
@test "cleared: trace" { cleared trace; }
@test "cleared: poll" { cleared poll; }

setattr() {
	key=$(keyctl add user k v "$ring")
	by "$1" "$key"
	keyctl setperm "$key" 0x3f3f0000
	told setattr "$key"
	equal "$(jq -r .perm events)" null
	equal "$(jq -r .event events | sort -u)" setattr
}
@test "setattr: pipe" { setattr pipe; }
@test "setattr: trace" { setattr trace; }
@test "setattr: poll" { setattr poll; }

timeout_set() {
	key=$(keyctl add user k v "$ring")
	by "$1" "$key"
	keyctl timeout "$key" 1000
	told setattr "$key"
	keyctl timeout "$key" 0
	await has_lines 2 events
	equal "$(names)" "setattr setattr"
	# When it expires is read once a second at most.
	await expires_is_told
}
expires_is_told() {
	keyctl timeout "$key" "$((1000 + RANDOM % 10 * 100))"
	jq -es 'any(.expires != null and (.expires - now | . > 900 and . < 2000))' events
}
@test "a time-out that is set, and cleared: pipe" { timeout_set pipe; }
@test "a time-out that is set, and cleared: trace" { timeout_set trace; }
@test "a time-out that is set, and cleared: poll" { timeout_set poll; }

revoked() {
	key=$(keyctl add user k v "$ring")
	by "$1" "$key"
	keyctl revoke "$key"
	told revoked "$key"
}
@test "revoked: pipe" { revoked pipe; }
@test "revoked: trace" { revoked trace; }
@test "revoked: poll" { revoked poll; }

invalidated() {
	key=$(keyctl add user k v "$ring")
	by "$1" "$key"
	keyctl invalidate "$key"
	told invalidated "$key"
}
@test "invalidated: pipe" { invalidated pipe; }
@test "invalidated: trace" { invalidated trace; }
@test "invalidated: poll" {
	skip "poll sees it only in the moment before the key is collected; else that it is gone"
}

gone() {
	key=$(keyctl add user k v "$ring")
	by "$1" "$key"
	keyctl invalidate "$key"
	await grep -q '"removal"' events
	await is_gone "$pid"
	wait "$pid"
	equal "$(jq -r 'select(.event == "removal").key' events)" "$key"
}
@test "the last watched key is gone: pipe" { gone pipe; }
@test "the last watched key is gone: trace" { gone trace; }
@test "the last watched key is gone: poll" { gone poll; }

expired() {
	key=$(keyctl add user k v "$ring")
	by "$1" "$key"
	keyctl timeout "$key" 1
	told expired "$key"
}
@test "expired: pipe" { expired pipe; }
@test "expired: trace" { expired trace; }
@test "expired: poll" { expired poll; }

member_expired() {
	by "$1"
	key=$(keyctl add user k v "$ring")
	keyctl timeout "$key" 2
	told expired "$key"
	equal "$(names)" "linked expired"
	equal "$(jq -r 'select(.event == "expired") | "\(.id) \(.object) \(.description) \(.path)"' events)" "1 $ring k $ring/k"
}
@test "a member expired: pipe" { member_expired pipe; }
@test "a member expired: trace" { member_expired trace; }
@test "a member expired: poll" { member_expired poll; }

updated() {
	key=$(keyctl add user k v "$ring")
	by "$1" "$key"
	keyctl update "$key" new
	told updated "$key"
	keyctl add user k newer "$ring"
	await has_lines 2 events
	equal "$(names)" "updated updated"
}
@test "updated: pipe" { updated pipe; }
@test "updated: trace" { updated trace; }
@test "updated: poll" { skip "poll can't see updates of payloads"; }

# A change that is undone before the next look.
undone() {
	by "$1"
	for i in 1 2 3 4 5 6 7 8 9 10; do
		key=$(keyctl add user "k$i" v "$ring")
		keyctl unlink "$key" "$ring"
	done
	await has_lines 20 events
	equal "$(names)" "$(printf 'linked unlinked %.0s' 1 2 3 4 5 6 7 8 9 10 | sed 's/ $//')"
}
@test "changes that are undone at once: pipe" { undone pipe; }
@test "changes that are undone at once: trace" { undone trace; }
@test "changes that are undone at once: poll" { skip "poll can't see changes that are undone between two looks"; }

# ---- By names for keyrings that are the caller's own ----

by_word() {
	local inner
	cat >do-it <<-'DO'
		#!/bin/bash
		"$WATCHQ" keys -J -v --backend "$1" --interval 50ms @s >events 2>err 3>&- &
		until grep -q ': ready$' err || ! kill -0 $!; do sleep 0.02; done
		keyctl add user first v @s >key
		until [ -s events ] || ! kill -0 $!; do sleep 0.02; done
		keyctl unlink "$(cat key)" @s
		until [ "$(wc -l <events)" -ge 2 ] || ! kill -0 $!; do sleep 0.02; done
		kill $!
		wait $!
	DO
	by "$1"		# skips where it can't be
	kill "$pid"
	timeout $((100 * SLOW)) keyctl session - bash do-it "$1"
	key=$(cat key)
	equal "$(jq -r '"\(.event) \(.aux) \(.aux_description) \(.mark)"' events | xargs)" \
		"linked $key first null unlinked $key first null"
}
@test "@s as the caller calls it: pipe" { by_word pipe; }
@test "@s as the caller calls it: trace" { by_word trace; }
@test "@s as the caller calls it: poll" { by_word poll; }

@test "who did it: trace" {
	by trace
	run_kept keyctl add user k v "$ring"
	told linked "$ring" "$(cat said)"
	equal "$(jq -c '[.command,.pid]' events)" "[\"keyctl\",$caller]"
}

@test "who did it, where the keyring is named @s: trace" {
	by trace
	kill "$pid"
	cat >do-it <<-'DO'
		"$WATCHQ" keys -J -v --backend trace @s >events 2>err 3>&- &
		until grep -q ': ready$' err || ! kill -0 $!; do sleep 0.02; done
		watcher=$!
		# The process stays, as a zombie, so that its name can be looked up.
		bash -c "$KEEP" child keyctl add user first v @s &
		until [ -s events ] || ! kill -0 $watcher; do sleep 0.02; done
		kill $! $watcher
		wait $watcher
	DO
	timeout $((100 * SLOW)) keyctl session - bash do-it
	equal "$(jq -c '[.command,.pid]' events)" "[\"keyctl\",$(cat child)]"
}

@test "who did it: pipe" { skip "a record does not say who"; }
@test "who did it: poll" { skip "poll can't see who did it"; }

# ---- Below the ring ----

recursive() {
	by "$1" -R
	inner=$(keyctl newring inner "$ring")
	told linked "$ring" "$inner"
	key=$(keyctl add user k v "$inner")
	await has_lines 2 events
	keyctl setperm "$key" 0x3f3f0000
	told setattr "$key"
	equal "$(jq -r 'select(.event == "setattr").path' events)" "$ring/inner/k"
	keyctl unlink "$key" "$inner"
	await grep -q '"unlinked"' events
	equal "$(jq -r 'select(.event == "unlinked") | "\(.key) \(.aux) \(.path)"' events)" "$inner $key $ring/inner"
}
@test "--recursive: pipe" { recursive pipe; }
@test "--recursive: trace" { recursive trace; }
@test "--recursive: poll" { recursive poll; }

# What the kernel does itself.
collected() {
	[ -w /proc/sys/kernel/keys/gc_delay ] && [ -d /sys/fs/ext4 ] || true
	gc_delay=$(cat /proc/sys/kernel/keys/gc_delay)
	[ "$(uname -m)" = um ] || grep -q 'User Mode' /proc/cpuinfo || skip "sets gc_delay, which is this machine's: in the test kernel only"
	echo 1 >/proc/sys/kernel/keys/gc_delay
	by "$1"
	key=$(keyctl add user k v "$ring")
	keyctl timeout "$key" 1
	told expired "$key"
	await grep -q '"unlinked"' events
	echo "$gc_delay" >/proc/sys/kernel/keys/gc_delay
	equal "$(jq -r 'select(.event == "unlinked").aux' events)" "$key"
}
@test "an expired member is collected by the kernel: pipe" { collected pipe; }
@test "an expired member is collected by the kernel: trace" { collected trace; }
@test "an expired member is collected by the kernel: poll" { collected poll; }

# ---- What holds for all ----

initial() {
	key=$(keyctl add user k v "$ring")
	by "$1" -I
	keyctl unlink "$key" "$ring"
	await has_lines 3 events
	equal "$(jq -r '"\(.event) \(.mark)"' events | xargs)" "instantiated initial linked initial unlinked null"
}
@test "--initial: pipe" { initial pipe; }
@test "--initial: trace" { initial trace; }
@test "--initial: poll" { initial poll; }

no_key() {
	by "$1"
	run -1 watchq keys --backend "$1" %user:there-is-no-such-key
	[[ $output =~ "%user:there-is-no-such-key: there is no such key" ]]
	key=$(keyctl add user k v "$ring")
	keyctl revoke "$key"
	run -1 watchq keys --backend "$1" "$key"
	[[ $output =~ "$key: the key is revoked" ]]
}
@test "a key that is not there, or is revoked: pipe" { no_key pipe; }
@test "a key that is not there, or is revoked: trace" { no_key trace; }
@test "a key that is not there, or is revoked: poll" { no_key poll; }

last() {
	by "$1"
	run -0 --separate-stderr watchq keys --backend "$1" -q -J -C 'keyctl add user last v '"$ring" "$ring"
	equal "$(grep '"event"' <<<"$output" | jq -r '"\(.event) \(.aux_description)"')" "linked last"
}
@test "what a command did last, before it ended: pipe" { last pipe; }
@test "what a command did last, before it ended: trace" { last trace; }
@test "what a command did last, before it ended: poll" { last poll; }

@test "poll says what it can't see, once" {
	by poll
	for i in 1 2 3; do keyctl add user "k$i" v "$ring"; done
	await has_lines 3 events
	equal "$(grep -c "can't see updates of payloads" events.err)" 1
}

@test "auto takes the best there is, and says which under -v" {
	best=$(watchq info --raw -n | sed -n 's/^keys\/\(.*\) yes.*/\1/p' | sed 1q)
	start auto keys -J "$ring"
	grep -qx "watchq: keys: backend $best" auto.err
	equal "$best" "$(jq -rn --arg best "$best" '$best | select(. == "pipe" or . == "trace" or . == "poll")')"
}

@test "poll, as an ordinary user" {
	needs_root "to become another user"
	# Below the tests' own folder nobody else may go.
	theirs=$(mktemp -d)
	cat >"$theirs/do-it" <<-'DO'
		cd "${0%/*}"
		"$1" keys -J -v --backend poll --interval 50ms >events 2>err 3>&- &
		until grep -q ': ready$' err || ! kill -0 $!; do sleep 0.02; done
		keyctl add user mine v @s >/dev/null
		until [ -s events ] || ! kill -0 $!; do sleep 0.02; done
		kill $!
		wait $!
		cat events
	DO
	chmod 777 "$theirs"
	timeout $((100 * SLOW)) setpriv --reuid 65534 --regid 65534 --clear-groups keyctl session - bash "$theirs/do-it" "$WATCHQ" >events
	rm -r "$theirs"
	equal "$(jq -r '"\(.event) \(.aux_description)"' events)" "linked mine"
}

@test "trace, as an ordinary user: status 2, and why" {
	needs_root "to become another user"
	! watchq info --raw -n | grep -q '^keys/trace no .*32-bit' || skip "a 64-bit kernel traces no calls of 32-bit programs"
	run -2 setpriv --reuid 65534 --regid 65534 --clear-groups "$WATCHQ" keys --backend trace @u
	[[ $output =~ "tracefs"|"libtraceevent" ]]
	[[ $output =~ "run watchq as root"|"libtraceevent" ]]
}

# The kernel changes the time-out of a key that is revoked.
@test "poll: a key with a time-out that is revoked: revoked alone" {
	local keys=() i mark
	mark=$(keyctl add user mark v "$ring")
	keyctl timeout "$mark" 7200
	for i in {1..50}; do
		keys+=("$(keyctl add user "timed $i" v "$ring")")
		keyctl timeout "${keys[-1]}" 7200
	done
	start out keys -J --backend poll --interval 10ms -R "$ring"
	for i in "${keys[@]}"; do keyctl revoke "$i"; done
	await has_lines 50 out
	# Times are read again where a key is new: that of another one shows it.
	keyctl timeout "$mark" 100000
	keyctl add user last v "$ring"
	await grep -q "\"setattr\".*\"key\":$mark," out
	stop out
	equal "$(jq -r .event out | sort | uniq -c | xargs)" "1 linked 50 revoked 1 setattr"
}
