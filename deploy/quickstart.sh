#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Two cities, three facilities, one daemon, on this machine: builds One-Asia
# Pass and walks through a day with it. Everything it makes is in one folder,
# everything it starts it stops.
#
#   deploy/quickstart.sh           leaves the daemon running until Ctrl-C
#   deploy/quickstart.sh --once    ends after the tour
#
# OAP_QUICKSTART_DIR is where it works (default: build/quickstart); what an
# earlier run left there is removed first, unless that one still goes on.
# OAP_BUILD is a build to use instead of making one.
set -euo pipefail

top=$(cd "$(dirname "$(readlink -f "$0")")/.." && pwd)
once=no
case $* in
--once) once=yes ;;
--help | -h) sed -n '3,13s/^# \{0,1\}//p' "$0"; exit 0 ;;
'') ;;
*)
	echo "quickstart: $*: no such option; --help says what there is" >&2
	exit 2
	;;
esac

# Absolute: the tour leaves the folder that it was called in.
work=$(realpath -m -- "${OAP_QUICKSTART_DIR:-$top/build/quickstart}")
bin=$(realpath -m -- "${OAP_BUILD:-$top/build/release}")
daemon=

# ------------------------------------------------------------- on screen

bold='' dim='' off=''
if [ -t 1 ]; then
	bold=$'\e[1m' dim=$'\e[2m' off=$'\e[0m'
fi

chapter() { printf '\n%s━━ %s%s\n\n' "$bold" "$1" "$off"; }
say() { printf '%s\n' "$*"; }
fail() {
	echo "quickstart: $*" >&2
	exit 4
}

# A command as it would be typed.
show() {
	local word line=
	for word in "$@"; do
		case $word in
		*[!A-Za-z0-9_./:=,@%+-]*) line+=" '$word'" ;;
		*) line+=" $word" ;;
		esac
	done
	printf '%s$%s%s\n' "$dim" "$line" "$off"
}

# Shows and runs a command that must end with the given status.
ends_with() {
	local want=$1 got=0
	shift
	show "$@"
	"$@" || got=$?
	[ "$got" -eq "$want" ] ||
		fail "the last command ended with status $got instead of $want"
}

quietly() {
	"$@" >>"$work/set-up.log" 2>&1 ||
		fail "\"$*\" failed; see $work/set-up.log"
}

stop_daemon() {
	[ -n "$daemon" ] || return 0
	kill -TERM "$daemon" 2>/dev/null || true
	wait "$daemon" 2>/dev/null || true
	daemon=
}
trap stop_daemon EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# ---------------------------------------------------------------- folder

# A second tour would remove what the first one's daemon works on. That daemon
# inherits the lock, and so holds it even where its tour was killed.
mkdir -p "$work"
exec 9<"$work"
flock --nonblock 9 ||
	fail "another one is at work in $work; stop it with Ctrl-C, or set" \
		"OAP_QUICKSTART_DIR"
if [ ! -e "$work/.quickstart" ] && [ -n "$(ls -A "$work")" ]; then
	fail "$work exists and was not made by the quickstart; move it away"
fi
touch "$work/.quickstart"

# ----------------------------------------------------------------- build

"$top/deploy/install-packages.sh" build
if [ -z "${OAP_BUILD-}" ]; then
	say "Building into ${bin#"$PWD/"}"
	mkdir -p "$bin"
	(cd "$top" && cmake --preset release -DOAP_TESTS=OFF) \
		>"$bin/build.log" 2>&1 &&
		cmake --build "$bin" >>"$bin/build.log" 2>&1 || {
		grep -E 'rror|FAILED' "$bin/build.log" >&2 || true
		fail "the build failed; all of it is in $bin/build.log"
	}
fi
for folder in server/issuer server/daemon server/operator client/kiosk; do
	PATH=$bin/$folder:$PATH
done

cd "$work"
find . -mindepth 1 ! -path ./.quickstart -delete

# ---------------------------------------------------------------- cities

chapter "Two cities issue passes to their residents"

city() { # name, --name options
	local name=$1
	shift
	quietly oap-issuer init --dir "$name" --iss "$name.example" \
		--status-uri "https://pass.$name.example/status" \
		--no-passphrase "$@"
}
city seoul --name en=Seoul --name ko=서울 --name ja=ソウル --name zh=首尔
city tokyo --name en=Tokyo --name ko=도쿄 --name ja=東京 --name zh=东京

cat >seoul.csv <<-CSV
	ref,class,days,hint
	S-1001,adult,365,K.M.
	S-1002,senior,365,L.S.
	S-1003,adult,365,P.J.
	S-1004,adult,365,C.H.
	S-1005,youth,365,J.Y.
CSV
cat >tokyo.csv <<-CSV
	ref,class,days,hint
	T-2001,adult,365,Y.T.
	T-2002,youth,365,S.A.
CSV
for city in seoul tokyo; do
	ends_with 0 oap-issuer issue --dir $city --csv $city.csv \
		--out-dir $city-passes --as png
done

# One that is over in a moment: it expires while the tour goes on.
quietly oap-issuer issue --dir seoul --class adult --hint H.D. \
	--until $((EPOCHSECONDS + 2)) --out expiring.png
over=$((EPOCHSECONDS + 3))

# The pass id of a resident's reference.
pass_of() { # city, reference
	awk -F, -v ref="$2" '$2 == ref { print $1 }' "$1-passes/index.csv"
}
card_of() { echo "$1-passes/$(pass_of "$1" "$2").png"; }

ends_with 0 oap-issuer suspend --dir seoul "$(pass_of seoul S-1003)"
ends_with 0 oap-issuer revoke --dir seoul "$(pass_of seoul S-1004)"
for city in seoul tokyo; do
	ends_with 0 oap-issuer publish --dir $city --out-dir $city-public
done

# ----------------------------------------------------------------- oapd

chapter "The service: one daemon, its facilities and what they offer"

# Relative paths: oapd runs in this folder, and the name of a local socket has
# room for 107 bytes.
cat >oapd.conf <<-CONF
	[service]
	data_dir = data
	unix_socket = oapd.sock
	[listen]
	address = 127.0.0.1
	port = 0
CONF
show oapd --config oapd.conf
oapd --config oapd.conf >oapd.out 2>oapd.log &
daemon=$!
for _ in $(seq 200); do
	grep -q '^listening on' oapd.out && break
	kill -0 $daemon 2>/dev/null || break
	sleep 0.05
done
grep '^listening on' oapd.out || fail "oapd did not start: $(tail -1 oapd.log)"

export OAPCTL_SERVER=unix:oapd.sock
root_of() { oap-issuer keys --dir "$1" | sed -n 's/^root  *//p'; }
for city in seoul tokyo; do
	quietly oapctl issuer add --root "$(root_of $city)" \
		--document $city-public/issuer.cose \
		--status $city-public/status-0.cose
done

quietly oapctl facility add --id gyeongbok --city seoul --currency KRW \
	--zone Asia/Seoul --name "en=Gyeongbokgung Palace" --name ko=경복궁 \
	--name ja=景福宮 --name zh=景福宫
quietly oapctl facility add --id tnm --city tokyo --currency JPY \
	--zone Asia/Tokyo --name "en=Tokyo National Museum" \
	--name ko=도쿄국립박물관 --name ja=東京国立博物館 --name zh=东京国立博物馆
quietly oapctl facility add --id nmwa --city tokyo --currency JPY \
	--zone Asia/Tokyo --name "en=National Museum of Western Art" \
	--name ko=국립서양미술관 --name ja=国立西洋美術館 --name zh=国立西洋美术馆

quietly oapctl benefit add --id palace-half --facility gyeongbok \
	--name "en=Half price" --name "ko=반값 할인" --name ja=半額 \
	--name zh=半价 --currency KRW --percent 50 --round-to 100 \
	--limit 1/day --party-max 4 --reversal-minutes 30
quietly oapctl benefit add --id museum-20 --facility tnm --facility nmwa \
	--name "en=20 % off" --name "ko=20% 할인" --name ja=2割引 \
	--name zh=八折优惠 --currency JPY --percent 20 --round-to 10 \
	--limit 1/day --party-max 4 --reversal-minutes 30

for facility in gyeongbok tnm nmwa; do
	oapctl --json kiosk add --facility $facility --name "main entrance" \
		>enrol-$facility.json
	code=$(sed -n 's/.*"code": *"\([^"]*\)".*/\1/p' enrol-$facility.json)
	quietly oap-kiosk enrol --dir kiosk-$facility "$code"
done
ends_with 0 oapctl facility list
ends_with 0 oapctl benefit list
ends_with 0 oapctl kiosk list

# ----------------------------------------------------------------- doors

# A code whose signature has one character changed.
forge() { # image
	local code at last
	code=$(zbarimg --nodbus --quiet --raw "$1")
	at=$((${#code} - 20))
	last=${code:at:1}
	[ "$last" = A ] && last=B || last=A
	printf '%s%s%s\n' "${code:0:at}" "$last" "${code:at+1}"
}

chapter "A visitor from Seoul at the Tokyo National Museum: two, 1,000 yen each"
ends_with 0 oap-kiosk redeem --dir kiosk-tnm --benefit museum-20 \
	--party 2 --amount 2000 --image "$(card_of seoul S-1001)"
visit=$(oapctl --json attempts list --facility tnm |
	sed -n 's/.*"id": *"\([0-9a-f]\{32\}\)".*/\1/p' | head -1)

chapter "The same pass again, the same day: at this museum, and at another"
ends_with 1 oap-kiosk redeem --dir kiosk-tnm --benefit museum-20 \
	--amount 1000 --image "$(card_of seoul S-1001)"
ends_with 1 oap-kiosk redeem --dir kiosk-nmwa --benefit museum-20 --lang ja \
	--amount 500 --image "$(card_of seoul S-1001)"

chapter "A visitor from Tokyo at Gyeongbokgung Palace"
ends_with 0 oap-kiosk redeem --dir kiosk-gyeongbok --benefit palace-half \
	--lang ko --amount 3000 --image "$(card_of tokyo T-2001)"

chapter "A forged code"
forge "$(card_of seoul S-1005)" >forged.txt
ends_with 1 oap-kiosk redeem --dir kiosk-nmwa --benefit museum-20 \
	--amount 500 "$(cat forged.txt)"

chapter "A pass that is over, one that is suspended, one that was revoked"
while ((EPOCHSECONDS < over)); do sleep 0.2; done
ends_with 1 oap-kiosk redeem --dir kiosk-nmwa --benefit museum-20 \
	--amount 500 --image expiring.png
ends_with 1 oap-kiosk redeem --dir kiosk-nmwa --benefit museum-20 \
	--amount 500 --image "$(card_of seoul S-1003)"
ends_with 1 oap-kiosk redeem --dir kiosk-nmwa --benefit museum-20 \
	--amount 500 --image "$(card_of seoul S-1004)"

chapter "The first visit is taken back, and the pass may be used again"
ends_with 0 oap-kiosk reverse --dir kiosk-tnm --reason mistake "$visit"
ends_with 0 oap-kiosk redeem --dir kiosk-nmwa --benefit museum-20 --lang zh \
	--amount 500 --image "$(card_of seoul S-1001)"

# --------------------------------------------------------------- reports

chapter "What the operators see at the end of the day"
for facility in gyeongbok tnm nmwa; do
	quietly oap-kiosk sync --dir kiosk-$facility
done
today=$(TZ=Asia/Tokyo date +%F)
ends_with 0 oapctl report redemptions --from "$today" --to "$today" \
	--by facility
say ""
ends_with 0 oapctl report verdicts --from "$today" --to "$today"

if [ $once = yes ]; then
	stop_daemon
	say ""
	say "Done. Nothing is left running; everything is in $work"
	exit 0
fi

chapter "oapd goes on until Ctrl-C. In another terminal, you may try"
programs=
for folder in server/issuer server/operator client/kiosk; do
	programs+=$(printf %q: "$bin/$folder")
done
cat <<-NEXT
	cd $(printf %q "$work")
	export OAPCTL_SERVER=unix:oapd.sock PATH=$programs"\$PATH"

	oap-kiosk redeem --dir kiosk-nmwa --benefit museum-20 --amount 500 --image $(card_of tokyo T-2002)
	zbarimg --nodbus --quiet --raw $(card_of seoul S-1002) | oap-issuer show --trust seoul-public/issuer.cose --status seoul-public/status-0.cose -
	zbarimg --nodbus --quiet --raw $(card_of seoul S-1001) | oapctl pass lookup -
	oapctl attempts list --from $today --to $today
	oapctl report redemptions --from $today --to $today --by issuer --format csv
	oap-kiosk status --dir kiosk-tnm
NEXT
say ""
trap 'say ""; say "oapd is stopped; everything is in $work"; exit 0' INT TERM
wait $daemon || true
fail "oapd ended by itself; $work/oapd.log says why"
