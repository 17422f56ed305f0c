# SPDX-License-Identifier: GPL-2.0-or-later
# watchq: both machine
# An ordinary user describes keys by text with newlines, so that /proc/keys shows lines that look
# like those of root's keys. Nothing of that is reported.

load lib

setup() {
	needs_root "to watch beside an ordinary user"
	keyctl new_session >/dev/null
	new_ring
	cd "$BATS_TEST_TMPDIR"
}
teardown() {
	[ -z "${forger:-}" ] || kill "$forger" 2>/dev/null || true
	teardown_ring
}

# In a session keyring of its own, over and over: lines for the key $1 with the permissions $2 and
# the description $3, before and behind its own. They say each of "$4"... in turn.
# shellcheck disable=SC2016
FORGE='key=$1 perm=$2 desc=$3; shift 3
	for ((round = 0; ; round++)); do
		for says; do
			for i in 1 2 3 4 5 6 7 8; do
				id=$(keyctl add user "forged-$round-$i"$'"'\\n'"'"$(printf "%08x %s %s     0     0 user      %s: 1" \
					"$key" "$says" "$perm" "$desc")"$'"'\\n'"'"x" v @s)
				keyctl setperm "$id" 0x3f3f3f3f
			done
			sleep 0.6
			keyctl clear @s
		done
	done'
forge() {	# KEY SAYS...
	local key=$1 perm
	shift
	perm=$(grep "^$(printf %08x "$key") " /proc/keys | awk '{ print $5 }')
	"${ORDINARY[@]}" keyctl session - bash -c "$FORGE" - "$key" "$perm" target "$@" >forger.out 2>&1 3>&- &
	forger=$!
	# The lines are there: nothing would be tested else.
	await is_doubled "$key"
}
is_doubled() { (($(grep -c "^$(printf %08x "$1") " /proc/keys) > 1)); }

by() {	# BACKEND OPTION...
	local backend=$1 why
	shift
	why=$(watchq info --raw -n | sed -n "s/^keys\/$backend no //p")
	[ -z "$why" ] || skip "keys/$backend: $(printf '%b' "$why")"
	start events keys -J --backend "$backend" --interval 50ms -R "$@" "$ring"
}

# Real changes are the only ones, and the last one is reported: what came before has been, too.
only() {	# EVENT...
	keyctl revoke "$key"
	await grep -q '"event":"revoked"' events
	stop events
	equal "$(jq -r 'select(.key == '"$key"' or .key == '"$ring"') | .event' events | xargs)" "$*"
}

all=('I-----i     1 perm' 'I------     1 expd' 'IR-----     1 expd' 'I------     1   5m' 'I------     1   3h' 'I------     1   9d')

valid() {
	key=$(keyctl add user target v "$ring")
	by "$1"
	forge "$key" "${all[@]}"
	if [ -n "$LONG" ]; then sleep 15; else sleep 5; fi
	only revoked
}
@test "a valid key beside lines that say anything: poll" { valid poll; }
@test "a valid key beside lines that say anything: trace" { valid trace; }
@test "a valid key beside lines that say anything: pipe" { valid pipe; }

# Its time-out is what it was, and it expires once and in time.
timed() {
	key=$(keyctl add user target v "$ring")
	keyctl timeout "$key" 7200
	forge "$key" 'I------     1 perm' 'I------     1   5m' 'I------     1 expd'
	by "$1" -o TIME,EVENT,KEY,EXPIRES
	sleep 3
	keyctl setperm "$key" 0x3f3f0000
	await grep -q '"event":"setattr"' events
	jq -e --argjson now "$EPOCHSECONDS" 'select(.event == "setattr") |
		.expires != null and .expires > $now + 3500 and .expires <= $now + 7201' events
	only setattr revoked
}
@test "a key with a time-out keeps it: poll" { timed poll; }
@test "a key with a time-out keeps it: trace" { timed trace; }
@test "a key with a time-out keeps it: pipe" { timed pipe; }

# Lines that say that it lives again.
expired() {
	key=$(keyctl add user target v "$ring")
	by "$1"
	keyctl timeout "$key" 1
	DEADLINE=10 await grep -q '"event":"expired"' events
	forge "$key" 'I------     1 perm' 'I------     1   5m' 'I------     1   1s'
	sleep 4
	equal "$(jq -r 'select(.event == "expired") | .key' events | xargs)" "$key"
}
@test "an expired key expires once: poll" { expired poll; }
@test "an expired key expires once: trace" { expired trace; }
@test "an expired key expires once: pipe" { expired pipe; }

# A key expires in time beside the forger.
due() {
	key=$(keyctl add user target v "$ring")
	by "$1"
	forge "$key" 'I------     1 perm' 'I------     1   9d'
	keyctl timeout "$key" 2
	DEADLINE=10 await grep -q '"event":"expired"' events
	equal "$(jq -r 'select(.event == "expired") | .key' events | xargs)" "$key"
}
@test "a key expires in time beside the forger: poll" { due poll; }
@test "a key expires in time beside the forger: trace" { due trace; }
@test "a key expires in time beside the forger: pipe" { due pipe; }
