# SPDX-License-Identifier: GPL-2.0-or-later
# watchq: machine
# How keys are named, and where they are looked for: in the caller's own keyrings, unless the
# user is named. And /proc/keys as container engines mask it.

load lib

setup() {
	keyctl new_session >/dev/null
	new_ring
	cd "$BATS_TEST_TMPDIR"
}
teardown() {
	[ -z "${other:-}" ] || kill "$other" 2>/dev/null || true
	teardown_ring
}

# of_other NAME: an ordinary user has a key of that name, which all may view.
of_other() {
	needs_root "to become an ordinary user"
	# shellcheck disable=SC2016
	"${ORDINARY[@]}" keyctl session - bash -c 'id=$(keyctl add user "$1" v @s)
		keyctl setperm "$id" 0x3f3f3f3f; exec sleep 1000' - "$1" >other.out 2>&1 3>&- &
	other=$!
	await grep -q " 65534 .* user  *$1: " /proc/keys
}

@test "%user:NAME is no key of another user; UID:TYPE:NAME is" {
	of_other named-by-other
	run -3 watchq wait --timeout 500ms key:%user:named-by-other
	run -1 watchq keys --timeout 500ms %user:named-by-other
	[[ $output == *"no such key in @s, @u or @us"*"UID:TYPE:DESCRIPTION"* ]]
	run -0 watchq wait --timeout 5 -J key:65534:user:named-by-other
	run -3 watchq wait --timeout 500ms key:0:user:named-by-other
	run -3 watchq keys --timeout 500ms 65534:user:named-by-other
}

@test "%user:NAME is found in @s and in a keyring that is linked there" {
	keyctl add user named-own v "$ring"
	run -0 watchq wait --timeout 5 key:%user:named-own
	run -0 watchq wait --timeout 5 "linked:%:$(keyctl rdescribe "$ring" | cut -d';' -f5)/user:named-own" nokey:%user:named-none
	keyctl revoke %user:named-own
	run -0 watchq wait --timeout 5 revoked:%user:named-own
}

@test "serials are decimal, also behind a zero; 0x is hexadecimal" {
	run -3 watchq keys --timeout 300ms "0$ring"
	run -3 watchq keys --timeout 300ms "$(printf 0x%x "$ring")"
	run -1 watchq keys --timeout 300ms 09
	[[ $output != *"not a key"* ]]
	run -1 watchq keys --timeout 300ms 0x
	[[ $output == *"not a key"* ]]
	run -3 watchq keys --timeout 300ms -f 01:07,08 "$ring"
}

# ---- /proc/keys is masked ----

masked() {	# WITH COMMAND...
	needs_root "for a mount namespace"
	needs_mount_ns
	: >empty
	unshare -m bash -c 'mount --bind "$1" /proc/keys && shift && exec "$@"' - "$@"
}

@test "masked /proc/keys: --all is refused, with a remedy" {
	needs_root
	for mask in /dev/null "$PWD/empty"; do
		run -2 masked "$mask" "$WATCHQ" keys --all --timeout 300ms
		[[ $output == *"/proc/keys: can't read the keys: another file is mounted over it"*unmask* ]]
	done
}

@test "masked /proc/keys: watchq warns once that it reports no expired keys, and info says so" {
	needs_root
	run -3 --separate-stderr masked /dev/null "$WATCHQ" keys --backend poll --interval 50ms --timeout 3s "$ring"
	equal "$(grep -c '/proc/keys' <<<"$stderr")" 1
	[[ $stderr == *"keys that expire are not reported: /proc/keys: can't read the keys"* ]]
	run -0 masked /dev/null "$WATCHQ" info --raw -n
	grep -q '^proc-keys no ' <<<"$output"
	run -0 watchq info --raw -n
	grep -q '^proc-keys yes ' <<<"$output"
}

@test "without /proc/keys, a condition by name says nothing but its own" {
	needs_root
	[ -z "$SANITIZED" ] || skip "a sanitizer needs /proc"
	needs_mount_ns
	run -3 --separate-stderr unshare -m bash -c 'mount -t tmpfs none /proc && exec "$@"' - \
		"$WATCHQ" wait -q --timeout 1500ms key:%user:named-none
	equal "$stderr" ""
}

@test "an expired member has its name with --initial" {
	key=$(keyctl add user named-expired v "$ring")
	keyctl timeout "$key" 1
	await has_expired "$key"
	run -0 --separate-stderr watchq keys --backend poll -I --once -J "$ring"
	jq -es 'any(.event == "linked" and .aux_description == "named-expired")' <<<"$output"
}
has_expired() { keyctl rdescribe "$1" 2>&1 | grep -q expired; }
