# Holds a folder for contexts while somebody listens, and takes it and the tags of this run away after.
# stdin: one byte "b" at least every $idle seconds; anything else, or its end, means that it is over.
umask 077
dir=$(mktemp -d /var/tmp/fleet-bench.XXXXXXXXXX) || finish 71
docker='docker -H unix:///var/run/docker.sock'
$docker image ls -aq --no-trunc >"$dir/there" 2>/dev/null
trap '' HUP INT TERM PIPE
printf '%s\n' "$dir"
while b=$(timeout "$idle" head -c 1) && [ "$b" = b ]; do :; done
n=0
while [ "$n" -lt 40 ] && grep -qlF "FLEET_BENCH=$run" /proc/[0-9]*/environ 2>/dev/null; do
  sleep 0.25; n=$((n + 1))
done
marked() { grep -lF "FLEET_BENCH=$run" /proc/[0-9]*/environ 2>/dev/null; }
for e in $(marked); do
  p=${e#/proc/}; p=${p%/environ}
  [ "$p" = "$$" ] || kill -KILL "$p" 2>/dev/null
done
# Images of builds whose tag went on to a later one; the engine keeps what anybody else names or uses.
images=$([ ! -f "$dir/images" ] || grep -vxFf "$dir/there" "$dir/images")
n=0
while [ -e "$dir" ] && [ "$n" -lt 20 ]; do
  rm -rf -- "$dir" 2>/dev/null || sleep 0.25
  n=$((n + 1))
done
# What buildx wrote down of these builds beside its configuration. The builder's own history keeps a
# line of each too, until newer ones take its place: taking one away can end an engine before 29.5
# when its builds are listed next (moby/buildkit#6598).
notes=${BUILDX_CONFIG:-${DOCKER_CONFIG:-$HOME/.docker}/buildx}/refs
[ ! -d "$notes" ] || grep -rlF -- "$dir/" "$notes" 2>/dev/null | while IFS= read -r note; do rm -f -- "$note"; done
$docker image ls --format '{{.Repository}}:{{.Tag}}' "fleet-bench/$run" 2>/dev/null | while IFS= read -r tag; do
  $docker image rm --no-prune "$tag" >/dev/null 2>&1
done
for image in $images; do $docker image rm --no-prune "$image" >/dev/null 2>&1; done
finish 0
