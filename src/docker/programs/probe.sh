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
p rootless "$(ls -d /run/user/*/docker.sock 2>/dev/null | head -n 1)"
if cli=$(command -v docker); then
  p docker_cli "$cli"
  if head -c 400 "$cli" | grep -q podman; then p podman_shim 1; else p buildx "$(docker buildx version 2>/dev/null | head -c 200)"; fi
fi
p builds "$(ps -eo args= 2>/dev/null | grep -cE '^([^ ]*/)?docker(-buildx|-compose)?( [^ ]+)* (build|bake)( |$)')"
# Names that a user of the host chose come last, so that they cannot pass for facts.
for l in /root/.kamal/lock-* /home/*/.kamal/lock-*; do [ -d "$l" ] && p foreign_lock "$l"; done
printf 'daemon_json=\n'
head -c 65536 /etc/docker/daemon.json 2>/dev/null
finish 0
