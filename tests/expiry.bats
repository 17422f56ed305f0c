# SPDX-License-Identifier: GPL-2.0-or-later
# watchq: kernel
# When keys expire: within a second after the time-out has run out, and never before.

load lib

setup() { setup_ring; }
teardown() {
	[ -z "${clock_was:-}" ] || set_clock_back
	teardown_ring
}

# told EVENT KEY: it is there within $DEADLINE seconds, 10 by default.
told() { await is_told "$@" || { jq -c '[.event,.key,.aux,.mark]' events >&2; return 1; }; }
is_told() { jq -es --arg event "$1" --argjson key "$2" 'any(.event == $event and .key == $key)' events; }

# set_timeout KEY SECONDS: `from` and `to` are the earliest and latest second at which it
# has run out. The kernel counts whole seconds, of the clock that goes by ticks, as bash does.
set_timeout() {
	from=$((EPOCHSECONDS + $2))
	keyctl timeout "$1" "$2"
	to=$((EPOCHSECONDS + $2 + 1))
}

# in_time KEY: it was told once, and when it should.
in_time() {
	jq -es --argjson key "$1" --argjson from "$from" --argjson to "$to" '
		map(select(.event == "expired" and .key == $key)) |
		length == 1 and (.[0].time | . >= $from and . <= $to + 1)' events || {
		echo "not once from $from to $((to + 1)):" >&2
		jq -c '[.time,.event,.key]' events >&2
		return 1
	}
}

@test "a watched key, in two seconds" {
	key=$(keyctl add user k v "$ring")
	start events keys -J "$key"
	set_timeout "$key" 2
	told expired "$key"
	in_time "$key"
	run -0 jq -r 'select(.event == "expired") | "\(.type) \(.event_nr) \(.id) \(.description) \(.mark)"' events
	equal "$output" "key 128 1 k null"
	# When it did is in EXPIRES.
	jq -es --argjson from "$from" --argjson to "$to" 'any(.event == "expired" and .expires >= $from and .expires <= $to)' events
}

@test "members, with and without -R: 2 s, 61 s, changed, cleared and extended time-outs" {
	for name in short long longer shortened cleared extended updated; do
		declare "$name=$(keyctl add user "$name" v "$ring")"
	done
	start flat keys -J "$ring"
	start deep keys -J -R "$ring"
	set_timeout "$short" 2; short_from=$from short_to=$to
	# Both show as "1m" at first.
	set_timeout "$long" 61; long_from=$from long_to=$to
	set_timeout "$longer" 65; longer_from=$from longer_to=$to
	keyctl timeout "$shortened" 1000
	keyctl timeout "$cleared" 2
	keyctl timeout "$extended" 2
	keyctl timeout "$updated" 2
	keyctl timeout "$cleared" 0
	set_timeout "$extended" 10; extended_from=$from extended_to=$to
	keyctl update "$updated" new
	set_timeout "$shortened" 5; shortened_from=$from shortened_to=$to
	for events in flat deep; do
		ln -sf "$events" events
		told expired "$short"
		from=$short_from to=$short_to in_time "$short"
		told expired "$shortened"
		from=$shortened_from to=$shortened_to in_time "$shortened"
		DEADLINE=20 told expired "$extended"
		from=$extended_from to=$extended_to in_time "$extended"
		DEADLINE=80 told expired "$long"
		from=$long_from to=$long_to in_time "$long"
		told expired "$longer"
		from=$longer_from to=$longer_to in_time "$longer"
		equal "$(jq -r 'select(.event == "expired").description' "$events" | xargs)" "short shortened extended long longer"
	done
	equal "$(jq -r 'select(.event == "expired").path' deep | sort | xargs)" \
		"$(printf "$ring/%s\n" extended long longer short shortened | xargs)"
}

@test "a time-out that a member gets when all has been quiet for long" {
	key=$(keyctl add user k v "$ring")
	start events keys -J "$ring"
	await_quiet
	set_timeout "$key" 1
	told expired "$key"
	in_time "$key"
}

@test "-1 waits for a member to expire" {
	key=$(keyctl add user k v "$ring")
	start events keys -J -1 -e expired "$ring"
	set_timeout "$key" 1
	wait "$pid"
	in_time "$key"
}

@test "a key that expired is revived by adding it again, and expires again" {
	key=$(keyctl add user k v "$ring")
	start events keys -J "$ring"
	keyctl timeout "$key" 1
	told expired "$key"
	again=$(keyctl add user k v "$ring")
	keyctl timeout "$again" 1
	await eval '[ "$(jq -r "select(.event == \"expired\").key" events | wc -l)" -ge 2 ]'
	equal "$(jq -r 'select(.event == "expired").key' events | xargs)" "$key $again"
}

@test "what had expired before is told with --initial alone" {
	key=$(keyctl add user k v "$ring")
	keyctl timeout "$key" 1
	await has_expired "$key"
	watchq keys -J -I --once "$ring" >initial
	equal "$(jq -r 'select(.event == "expired") | "\(.key) \(.mark)"' initial)" "$key initial"
	start events keys -J "$ring"
	keyctl add user last v "$ring"
	await has_lines 1 events
	other=$(keyctl add user other v "$ring")
	keyctl timeout "$other" 1
	told expired "$other"
	equal "$(jq -r 'select(.event == "expired").key' events)" "$other"
}
has_expired() { keyctl describe "$1" 2>&1 | grep -q expired; }

@test "--events without expired: members are not watched for it" {
	keyctl add user k v "$ring"
	start events keys -J -e linked,unlinked "$ring"
	equal "$(grep -c watching events.err)" 1
	key=$(keyctl add user other v "$ring")
	keyctl timeout "$key" 1
	await has_expired "$key"
	keyctl unlink "$key" "$ring"
	await has_lines 2 events
	equal "$(jq -r .event events | xargs)" "linked unlinked"
}

# ---- The wall clock, which the kernel compares with ----

set_clock() {	# SECONDS from now
	grep -q 'User Mode' /proc/cpuinfo || skip "sets the clock: in the test kernel only"
	: "${clock_was:=$(date +%s) $(cut -d. -f1 /proc/uptime)}"
	date -s "@$(($(date +%s) + $1))" >/dev/null
}
set_clock_back() {
	local was up
	read -r was up <<<"$clock_was"
	date -s "@$((was + $(cut -d. -f1 /proc/uptime) - up))" >/dev/null
}

@test "the clock is set forward: what has expired by that is told at once" {
	key=$(keyctl add user k v "$ring")
	start events keys -J "$ring"
	keyctl timeout "$key" 3700
	await_quiet
	set_clock 3600
	! grep -q expired events || return 1
	set_clock 101
	told expired "$key"
	equal "$(jq -r 'select(.event == "expired").key' events)" "$key"
}

@test "the clock is set back: nothing is reported early" {
	start events keys -J "$ring"
	# The clock has to be set before the time-out has run out: again, where it was not.
	for limit in 3 6 12 24 48; do
		key=$(keyctl add user "k$limit" v "$ring")
		set_timeout "$key" "$limit"
		await_quiet
		set_clock -100
		((EPOCHSECONDS + 100 >= from)) || break
		set_clock 100
	done
	# By any other clock the key will have expired before this one.
	other=$(keyctl add user other v "$ring")
	keyctl timeout "$other" $((limit + 2))
	DEADLINE=100 told expired "$other"
	! is_told expired "$key" || return 1
	set_clock 100
	told expired "$key"
}

# /proc/keys has been read since.
await_quiet() {
	local before
	before=$(switches "$pid" | md5sum)
	sleep 1.2
	await eval '[ "$(switches "$pid" | md5sum)" = "$(sleep 0.3; switches "$pid" | md5sum)" ]'
}

# ---- What it costs ----

@test "a time-out that is far away wakes nobody" {
	key=$(keyctl add user k v "$ring")
	start events keys -J "$ring"
	keyctl timeout "$key" 100000
	await_quiet
	# For two seconds together, as soon as all that came before is done.
	await stays_idle 2 "$pid"
}

@test "/proc/keys is read once a second at most, however much happens" {
	[ -z "$SANITIZED" ] || skip "counts system calls: not of a build with sanitizers"
	command -v strace || skip "needs strace"
	strace -f -o calls -e trace=openat "$WATCHQ" keys -J -R -v "$ring" >json 2>err 3>&- &
	await grep -q ': ready$' err
	from=$(date +%s%N)
	for i in {1..60}; do
		keyctl timeout "$(keyctl add user "k$i" v "$ring")" 100
	done
	await has_lines 60 json
	kill -TERM "$(pgrep -P $! -x watchq)"
	wait
	took=$((($(date +%s%N) - from) / 1000000000 + 1))
	reads=$(grep -c '"/proc/keys"' calls)
	echo "$reads reads in $took s"
	((reads >= 1 && reads <= took + 2))
}

@test "many keys that run out at once" {
	[ "$(id -u)" = 0 ] || skip "an ordinary user may have 200 keys"
	n=1000
	many=$(keyctl newring many "$ring")
	start events keys -J -R "$ring"
	"$HELPERS/add-keys" "$n" "$many" 3 >keys
	await has_expirations
	equal "$(jq -r 'select(.event == "expired").key' events | sort | uniq | wc -l)" "$n"
	equal "$(grep -c '"event":"expired"' events)" "$n"
}
has_expirations() { (($(grep -c '"event":"expired"' events) >= n)); }
