# Runs $command in a session of its own and ends it when nobody listens any more.
# stdin: one byte "b" at least every $idle seconds; anything else, or its end, means stop.
marked() {
  for e in $(grep -lF "FLEET_MARK=$mark" /proc/[0-9]*/environ 2>/dev/null); do
    p=${e#/proc/}; p=${p%/environ}
    [ "$p" = "$$" ] || kill "-$1" "$p" 2>/dev/null
  done
}
alive() { kill -0 "-$child" 2>/dev/null || grep -qlF "FLEET_MARK=$mark" /proc/[0-9]*/environ 2>/dev/null; }
stop() {
  # The parent ends us once the command is gone; what it left behind still has to go.
  trap '' TERM
  kill -TERM "-$child" 2>/dev/null; marked TERM
  n=0
  while [ "$n" -lt 12 ] && alive; do sleep 0.25; n=$((n + 1)); done
  kill -KILL "-$child" 2>/dev/null; marked KILL
}
watch() {
  while b=$(timeout "$idle" head -c 1) && [ "$b" = b ]; do :; done
  stop
}
exec 3<&0 </dev/null
FLEET_MARK=$mark setsid /bin/sh -c "$command" 3<&- &
child=$!
watch <&3 3<&- >/dev/null 2>&1 &
watcher=$!
exec 3<&-
{ wait "$child"; } 2>/dev/null
code=$?
kill "$watcher" 2>/dev/null
# Where the watcher is ending what the command left behind, this waits for it.
{ wait "$watcher"; } 2>/dev/null
finish "$code"
