# Prints what a preflight has to know, one "key=value" a line, the engine's configuration last.
# Asks nothing that could start, wake or change anything.
p() { printf '%s=%s\n' "$1" "$2"; }
p clock "$(date +%s.%N)"
p hostname "$(uname -n)"
p kernel "$(uname -sr)"
p uid "$(id -u)"
p machine_id "$(head -c 64 /etc/machine-id 2>/dev/null)"
p boot_id "$(head -c 64 /proc/sys/kernel/random/boot_id 2>/dev/null)"
p os "$(. /etc/os-release 2>/dev/null; printf %s "${PRETTY_NAME-}")"
if [ -d /run/systemd/system ]; then p init systemd; else p init other; fi
root=$(sed -n 's/.*"data-root"[^"]*"\([^"]*\)".*/\1/p' /etc/docker/daemon.json 2>/dev/null | head -n 1)
p df_root "${root:=/var/lib/docker}"
[ -d "$root" ] || root=/
p df_bytes "$(df -PB1 "$root" 2>/dev/null | tail -n 1)"
p df_inodes "$(df -Pi "$root" 2>/dev/null | tail -n 1)"
p docker_host "${DOCKER_HOST-}"
p dockerd "$(grep -lx dockerd /proc/[0-9]*/comm 2>/dev/null | wc -l)"
[ -S /var/run/docker.sock ] && p socket /var/run/docker.sock
p socket_file "$(readlink -f /var/run/docker.sock 2>/dev/null)"
p rootless "$(ls -d /run/user/*/docker.sock 2>/dev/null | head -n 1)"
buildx=
if cli=$(command -v docker); then
  p docker_cli "$cli"
  if { basename "$(readlink -f "$cli")"; head -c 400 "$cli"; } | grep -q podman; then
    p podman_shim 1
  else
    buildx=$(docker buildx version 2>/dev/null | head -c 200)
    p buildx "$buildx"
  fi
fi
# Is a build running? The engine knows its own, and buildx 0.20 asks it; else programs that ask
# for one are seen, and containers in which the legacy builder runs a step. An engine before 29.5
# is not asked: listing its builds can end it (moby/buildkit#6598, mended in BuildKit 0.29).
version=${buildx#* }
case ${version#v} in
  0.?.* | 0.1?.* | '') ;;
  [0-9]*) if [ -S /var/run/docker.sock ] && grep -qx dockerd /proc/[0-9]*/comm 2>/dev/null; then
    case $(timeout 10 docker -H unix:///var/run/docker.sock version --format '{{.Server.Version}}' 2>/dev/null) in
      29.[5-9]* | 29.[1-9][0-9]* | [3-9][0-9].*) if own=$(mktemp -d); then
        # A folder of our own: the command leaves files behind in the user's.
        past=$(BUILDX_CONFIG=$own timeout 10 docker -H unix:///var/run/docker.sock buildx --builder default \
          history ls --format 'build {{.Status}}' 2>/dev/null) && p builds_history "$(printf '%s\n' "$past" | grep -cx 'build Running')"
        rm -rf "$own"
      fi ;;
    esac
  fi ;;
esac
asks='( -[^ ]+( [^- ][^ ]*)?)*( (buildx|builder|image|compose)( -[^ ]+( [^- ][^ ]*)?)*)? (build|bake)( |$)'
clients() { ps -eo args= 2>/dev/null | grep -cE "^([^ ]*/)?docker$1$asks"; }
direct=$(clients '') plugins=$(clients '-(buildx|compose)')
[ "$direct" -gt "$plugins" ] || direct=$plugins
p builds_processes "$direct"
[ -d "$root/containers" ] && p builds_containers "$(find "$root/containers" -name config.v2.json -exec \
  grep -lE '"Running":true.*"Healthcheck":\{"Test":\["NONE"\]\}.*"Image":"sha256:[0-9a-f]{64}","Volumes":' {} + 2>/dev/null | wc -l)"
# Names that a user of the host chose come last, so that they cannot pass for facts.
for l in /root/.kamal/lock-* /home/*/.kamal/lock-*; do [ -d "$l" ] && p foreign_lock "$l"; done
printf 'daemon_json=\n'
head -c 65536 /etc/docker/daemon.json 2>/dev/null
finish 0
