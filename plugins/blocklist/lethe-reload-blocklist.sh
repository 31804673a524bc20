#!/bin/sh
# Brings an exported blocklist to the program that reads it, without the bans that are over. Run it every minute, from
# cron or a timer, on the machine of that program: each ban ends in time then, also while Lethe is down.
#
# usage: lethe-reload-blocklist.sh EXPORT COPY CHECK RELOAD
#   EXPORT  the file as Lethe writes it       COPY    where the program reads it
#   CHECK   the command that checks COPY, such as 'nginx -t'; what it refuses is not left in COPY
#   RELOAD  the command that makes the program read COPY, such as 'nginx -s reload'
set -eu
LC_ALL=C
export LC_ALL

[ $# -eq 4 ] || { sed -n '5s/^# //p' "$0" >&2; exit 2; }
from=$1 copy=$2 check=$3 reload=$4
now=$(date -u +%Y-%m-%dT%H:%M:%SZ)

still_banned() { # Lethe's first line says when the whole file expires; each other line with an instant is a ban.
    awk -v now="$now" '
        !/^# / && match($0, /[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9:]*Z/) {
            if (substr($0, RSTART, RLENGTH) <= now) next
        }
        { print }' "$1"
}

use() { # What is not loaded yet is marked, so that a load that failed is tried again.
    still_banned "$1" >"$copy.new" || return 1
    if cmp -s "$copy.new" "$copy" && [ ! -e "$copy.unloaded" ]; then
        rm -f "$copy.new"
        return 0
    fi
    [ -e "$copy" ] || : >"$copy" || return 1
    cp -p "$copy" "$copy.old" && : >"$copy.unloaded" && mv -f "$copy.new" "$copy" || return 1
    if ! sh -c "$check"; then
        mv -f "$copy.old" "$copy"
        rm -f "$copy.unloaded"
        echo "$copy: the check refuses the new list; the one before stays" >&2
        return 1
    fi
    rm -f "$copy.old"
    sh -c "$reload" || { echo "$copy: the new list is not loaded; the next run tries again" >&2; return 1; }
    rm -f "$copy.unloaded"
}

if [ -r "$from" ]; then
    use "$from" && exit 0
else
    echo "$from cannot be read; the last list goes on, each ban until its end" >&2
fi
[ -e "$copy" ] && use "$copy"
exit 1
