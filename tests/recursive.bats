# SPDX-License-Identifier: GPL-2.0-or-later
# watchq: kernel
# --recursive and --all: the members of keyrings too, and theirs; and the limit of
# watches, past which they are looked at.

load lib

setup() { setup_ring; }
teardown() { teardown_ring; }

told() { await is_told "$@" || { jq -c '[.event,.key,.aux,.path]' events >&2; return 1; }; }
is_told() { jq -es --arg event "$1" --argjson key "$2" --argjson aux "${3:-0}" 'any(.event == $event and .key == $key and (.aux // 0) == $aux)' events; }
count() { jq -s --arg event "$1" 'map(select(.event == $event)) | length' events; }
has_count() { (($(count "$1") >= $2)); }

# deep N: keyrings in each other, the innermost in `inner`.
deep() {
	inner=$ring
	for ((i = 1; i <= $1; i++)); do inner=$(keyctl newring "r$i" "$inner"); done
}

@test "what is there at the start is followed, and said with --initial" {
	deep 3
	key=$(keyctl add user k v "$inner")
	start events keys -J -R -I "$ring"
	equal "$(jq -r '"\(.event) \(.path)"' events | xargs)" \
		"instantiated $ring linked $ring linked $ring/r1 linked $ring/r1/r2 linked $ring/r1/r2/r3"
	keyctl update "$key" new
	told updated "$key"
	equal "$(jq -r 'select(.event == "updated") | "\(.id) \(.object) \(.path)"' events)" "1 $ring $ring/r1/r2/r3/k"
}

@test "the table has PATH" {
	inner=$(keyctl newring inner "$ring")
	start events keys -R --output-file table "$ring"
	key=$(keyctl add user k v "$inner")
	keyctl setperm "$key" 0x3f3f0000
	await has_lines 3 table
	grep -E "^ *TIME +EVENT +KEY +PATH +AUX +AUX-DESCRIPTION *$" table
	grep -E " setattr +$key $ring/inner/k *$" table
}

@test "what is linked later is followed, with all that is in it" {
	apart=$(keyctl newring apart @s)
	deep_one=$(keyctl newring below "$apart")
	key=$(keyctl add user k v "$deep_one")
	start events keys -J -R "$ring"
	keyctl link "$apart" "$ring"
	told linked "$ring" "$apart"
	told linked "$deep_one" "$key"
	equal "$(jq -r 'select(.key == '"$deep_one"') | "\(.mark) \(.path)"' events)" "resync $ring/apart/below"
	keyctl setperm "$key" 0x3f3f0000
	told setattr "$key"
	keyctl unlink "$apart" "$ring"
	told unlinked "$ring" "$apart"
	# What is reached no more isn't told of any more.
	keyctl setperm "$key" 0x3f3f3f00
	keyctl add user last v "$ring"
	await grep -q '"last"' events
	equal "$(count setattr)" 1
	keyctl unlink "$apart" @s
}

@test "a member of several keyrings is told of once, and until the last of them has lost it" {
	one=$(keyctl newring one "$ring")
	two=$(keyctl newring two "$ring")
	key=$(keyctl add user k v "$one")
	keyctl link "$key" "$two"
	start events keys -J -R "$ring"
	keyctl setperm "$key" 0x3f3f0000
	told setattr "$key"
	keyctl unlink "$key" "$one"
	told unlinked "$one" "$key"
	keyctl setperm "$key" 0x3f3f3f00
	await has_count setattr 2
	equal "$(jq -r 'select(.event == "setattr").path' events | xargs)" "$ring/one/k $ring/two/k"
	keyctl unlink "$key" "$two"
	told unlinked "$two" "$key"
	equal "$(count setattr)" 2
}

@test "a keyring that is moved keeps its members in view" {
	one=$(keyctl newring one "$ring")
	two=$(keyctl newring two "$ring")
	moved=$(keyctl newring moved "$one")
	key=$(keyctl add user k v "$moved")
	start events keys -J -R "$ring"
	keyctl move "$moved" "$one" "$two"
	told linked "$two" "$moved"
	await has_path "$ring/two/moved/k"
}
# Once that is known, events of the key have it.
has_path() {
	keyctl setperm "$key" 0x3f3f0000
	jq -es --arg path "$1" 'any(.event == "setattr" and .path == $path)' events
}

@test "several arguments: an ID each, and a key in both belongs to the first" {
	other=$(keyctl newring other @s)
	key=$(keyctl add user k v "$ring")
	keyctl link "$key" "$other"
	only=$(keyctl add user only v "$other")
	start events keys -J -R "$ring" "$other"
	keyctl setperm "$key" 0x3f3f0000
	keyctl setperm "$only" 0x3f3f0000
	await has_count setattr 2
	equal "$(jq -r '"\(.id) \(.object) \(.path)"' events | xargs)" "1 $ring $ring/k 2 $other $other/only"
	keyctl unlink "$other" @s
}

@test "an argument that is below another one is followed as itself" {
	inner=$(keyctl newring inner "$ring")
	keyctl link "$inner" @s
	start events keys -J -R "$ring" "$inner"
	keyctl add user k v "$inner"
	await has_count linked 1
	equal "$(jq -r '"\(.id) \(.object) \(.path)"' events)" "2 $inner $inner"
	keyctl unlink "$inner" "$ring"
	told unlinked "$ring" "$inner"
	keyctl add user k2 v "$inner"
	await has_count linked 2
	equal "$(jq -r .path events | xargs)" "$inner $ring $inner"
	keyctl unlink "$inner" @s
}

@test "names with slashes and control bytes" {
	inner=$(keyctl newring $'a/b\e[1m' "$ring")
	start events keys -J -R "$ring"
	key=$(keyctl add user $'\xff' v "$inner")
	keyctl setperm "$key" 0x3f3f0000
	told setattr "$key"
	equal "$(jq -r 'select(.key == '"$inner"').path' events)" "$ring"$'/a/b\e[1m'
	jq -e 'select(.event == "setattr") | .path_raw | .[-1] == 255' events
}

@test "a capture has the ways as they were" {
	inner=$(keyctl newring inner "$ring")
	"$WATCHQ" keys -R -B=annotated -v "$ring" >capture 2>err 3>&- &
	pid=$!
	await grep -q ': ready$' err
	start events keys -J -R "$ring"
	key=$(keyctl add user k v "$inner")
	keyctl setperm "$key" 0x3f3f0000
	told setattr "$key"
	await is_captured
	kill "$pid_events" "$pid"
	equal "$(watchq decode -J -o event,key,path capture)" "$(jq -c '{event,key,path}' events)"
}
is_captured() { watchq decode -J capture | grep -q setattr; }

# ---- Big trees, and the limit ----

root_only() { [ "$(id -u)" = 0 ] || skip "an ordinary user may have 200 keys"; }

@test "five thousand keys, the limit being raised" {
	root_only
	inner=$(keyctl newring inner "$ring")
	"$HELPERS/add-keys" 5000 "$inner" >keys
	ulimit -Hn 8192 || skip "may not raise the hard limit of open files, $(ulimit -Hn)"
	ulimit -Sn 256
	start events keys -J -R "$ring"
	equal "$(grep -c limit events.err)" 0
	keyctl setperm "$(head -1 keys)" 0x3f3f0000
	keyctl setperm "$(tail -1 keys)" 0x3f3f0000
	told setattr "$(head -1 keys)"
	told setattr "$(tail -1 keys)"
	equal "$(jq -r .path events | xargs)" "$ring/inner/many-0 $ring/inner/many-4999"
	keyctl clear "$inner"
	told cleared "$inner"
	# A storm of removals, none of which is of an argument.
	keyctl add user last v "$ring"
	await grep -q '"last"' events
	equal "$(count removal)" 0
	# What was given up is watched anew.
	again=$(keyctl add user again v "$inner")
	keyctl update "$again" new
	await again_is_told
}
again_is_told() {
	keyctl update "$again" newer
	is_told updated "$again"
}

@test "five thousand keys are listed as keyctl does" {
	root_only
	inner=$(keyctl newring inner "$ring")
	"$HELPERS/add-keys" 5000 "$inner" >keys
	watchq keys -J -R -I --once "$ring" >events
	equal "$(jq -r --argjson key "$inner" 'select(.key == $key and .event == "linked").aux' events | sort | md5sum)" "$(sort keys | md5sum)"
}

@test "at the limit: said once, with the number and what to do; the rest is looked at" {
	root_only
	inner=$(keyctl newring inner "$ring")
	"$HELPERS/add-keys" 100 "$inner" >keys
	# The limit counts what others of this user watch, too.
	start_limited
	equal "$(grep -c 'limit of watches' events.err)" 1
	grep -E "the limit of watches is reached with [0-9]+ keys \(RLIMIT_NOFILE 40, .*raise 'ulimit -n'" events.err
	for key in $(sed -n '1p;50p;100p' keys); do
		keyctl setperm "$key" 0x3f3f0000
		told setattr "$key"
	done
	keyctl unlink "$(tail -1 keys)" "$inner"
	told unlinked "$inner" "$(tail -1 keys)"
	key=$(keyctl add user late v "$inner")
	told linked "$inner" "$key"
	keyctl revoke "$key"
	told revoked "$key"
	key=$(keyctl add user later v "$inner")
	keyctl timeout "$key" 2
	told expired "$key"
	equal "$(grep -c 'limit of watches' events.err)" 1
}
start_limited() {
	(
		ulimit -n 40
		exec "$WATCHQ" keys -J -R -v --interval 100ms "$ring" >events 2>events.err 3>&-
	) &
	pid=$!
	await grep -q ': ready$' events.err
}

@test "watches that come free are used for those that were looked at" {
	root_only
	one=$(keyctl newring one "$ring")
	two=$(keyctl newring two "$ring")
	"$HELPERS/add-keys" 60 "$one" >first
	key=$(keyctl add user k v "$two")
	"$HELPERS/add-keys" 20 "$two" >keys
	# They live on elsewhere.
	keyctl link "$one" @s
	start_limited
	keyctl unlink "$one" "$ring"
	told unlinked "$ring" "$one"
	# An update is heard, and can't be seen by looking.
	await update_is_told
	keyctl unlink "$one" @s
}
update_is_told() {
	keyctl update "$key" new
	is_told updated "$key"
}

# ---- --all ----

@test "--all: every key that may be viewed, and those that come" {
	start events keys -J --all --interval 100ms
	key=$(keyctl add user k v "$ring")
	told linked "$ring" "$key"
	keyctl setperm "$key" 0x3f3f0000
	told setattr "$key"
	equal "$(jq -r 'select(.event == "setattr") | .object' events)" all
	# A session of its own, which is linked nowhere.
	keyctl session elsewhere bash -c 'keyctl add user there v @s; sleep 3' >elsewhere
	await grep -q '"there"' events
	run -1 watchq keys --all @s
	[[ $output =~ "--all and KEY exclude each other" ]]
}

@test "--all --initial --once: what /proc/keys lists" {
	keyctl add user k v "$ring"
	watchq keys -J --all -I --once >events
	equal "$(jq -r 'select(.event == "instantiated").key' events | sort)" "$(awk '{ print strtonum("0x" $1) }' /proc/keys | sort)" ||
		equal "$(jq -r 'select(.event == "instantiated").key' events | sort)" "$(while read -r serial _; do echo $((16#$serial)); done </proc/keys | sort)"
}

# ---- As an ordinary user ----

@test "as an ordinary user, whose shared keyring another user floods" {
	root_only
	shared=$(keyctl newring shared "$ring")
	keyctl setperm "$shared" 0x3f3f3f3f
	keyctl setperm "$ring" 0x3f3f3f3f
	chmod 777 .
	setpriv --reuid 65534 --regid 65534 --clear-groups "$WATCHQ" keys -J -R -v "$shared" >events 2>events.err 3>&- &
	pid=$!
	await grep -q ': ready$' events.err
	setpriv --reuid 65533 --regid 65533 --clear-groups "$HELPERS/burst" 2000 "$shared" >time
	last=$(keyctl add user last v "$shared")
	told linked "$shared" "$last"
	# The model holds, whatever was lost.
	await adds_up
}
adds_up() {
	equal "$(jq -rs --argjson ring "$shared" 'reduce (.[] | select(.key == $ring)) as $e ({};
		if $e.event == "linked" then .["\($e.aux)"] = 1 elif $e.event == "unlinked" then del(.["\($e.aux)"])
		elif $e.event == "cleared" then {} else . end) | keys[]' events | sort)" "$(keyctl rlist "$shared" | tr ' ' '\n' | grep . | sort)"
}
