# Runs a program as the owner of a checkout: git trusts nobody else's, and root must not run their hooks.
owned_by_me() { [ "$(stat -L -c %u "$1" 2>/dev/null)" = "$(id -u)" ]; }
as_owner() {
  of=$1; shift
  if owned_by_me "$of"; then "$@"
  elif [ "$(id -u)" = 0 ]; then setpriv --reuid="$(stat -L -c %u "$of")" --regid="$(stat -L -c %g "$of")" --clear-groups --inh-caps=-all "$@"
  else return 126
  fi
}
repository() {
  folder=$1; shift
  as_owner "$folder" env -u SUDO_UID -u SUDO_GID -u SUDO_USER HOME=/nonexistent GIT_CONFIG_NOSYSTEM=1 \
    GIT_CONFIG_GLOBAL=/dev/null GIT_OPTIONAL_LOCKS=0 git -c core.fsmonitor=false -C "$folder" "$@"
}
