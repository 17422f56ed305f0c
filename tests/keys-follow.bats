# SPDX-License-Identifier: GPL-2.0-or-later
# watchq: kernel
# Keys that come, go, expire and are revived while they are followed.

load lib

setup() { setup_ring; }
teardown() { teardown_ring; }

# Its threads don't run within a second.
sleeps() {
	local before
	before=$(switches "$1"; cut -d' ' -f14,15 "/proc/$1/stat")
	sleep 1
	equal "$(switches "$1"; cut -d' ' -f14,15 "/proc/$1/stat")" "$before"
}
# told EVENT KEY: within ten seconds there is that event in `json`.
told() { await is_told "$@" || { cat json >&2; return 1; }; }
is_told() {
	jq -es --arg event "$1" --argjson key "$2" 'any(.event == $event and .key == $key)' json
}
names() { jq -r .event json | xargs; }

@test "nothing to wait for: who asks for links alone has no timer run" {
	start json keys -J -e linked "$ring"
	await sleeps "$pid"
	stop json
}

is_past() { (($(date +%s) > $1)); }

@test "a key that is gone before it expires has no timer run" {
	key=$(keyctl add user k v "$ring")
	keyctl timeout "$key" 3
	end=$(($(date +%s) + 4))
	start json keys -J "$key" "$ring"
	keyctl invalidate "$key"
	told removal "$key"
	await is_past "$end"
	await sleeps "$pid"
	stop json
	equal "$(jq -s 'any(.event == "expired")' json)" false
}

@test "a time-out that is shortened at once" {
	key=$(keyctl add user k v "$ring")
	keyctl timeout "$key" 1000
	start json keys -J "$key"
	keyctl timeout "$key" 1
	told expired "$key"
	stop json
	equal "$(names)" "setattr expired"
}

@test "an expired key that is revived expires again" {
	key=$(keyctl add user k v "$ring")
	start json keys -J "$key"
	keyctl timeout "$key" 1
	told expired "$key"
	keyctl add user k again "$ring"
	keyctl timeout "$key" 1
	expired_twice() { (($(grep -c '"expired"' json) == 2)); }
	await expired_twice
	stop json
	equal "$(names)" "setattr expired updated setattr expired"
}

@test "trace: each of many links has its process, however often it is looked" {
	start json keys -J -R --backend trace --interval 20ms "$ring"
	for i in {1..300}; do keyctl add user "k$i" v "$ring"; done
	await has_lines 300 json
	stop json
	equal "$(jq -r '"\(.event) \(.mark) \(.pid > 0)"' json | sort | uniq -c | xargs)" "300 linked null true"
}

@test "a member that may be viewed only later is heard from the next sweep on" {
	key=$(keyctl add user k v "$ring")
	chmod 777 .
	keyctl setperm "$ring" 0x3f3f3f3f
	# It possesses what its session has: that must not be enough.
	keyctl setperm "$key" 0x003f0000
	setpriv --reuid 65534 --regid 65534 --clear-groups "$WATCHQ" keys -J -R -v --sweep 100ms "$ring" >events 2>events.err 3>&- &
	pid=$!
	await grep -q ': ready$' events.err
	keyctl setperm "$key" 0x3f3f3f3f
	await is_updated
	kill "$pid"
}
is_updated() {
	keyctl update "$key" new
	grep -q '"updated"' events
}
