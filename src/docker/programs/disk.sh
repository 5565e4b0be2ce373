# The room on the file system of $root, the bytes of all container logs under it, and with $deep its size.
printf 'df_bytes=%s\n' "$(df -PB1 "$root" 2>/dev/null | tail -n 1)"
printf 'df_inodes=%s\n' "$(df -Pi "$root" 2>/dev/null | tail -n 1)"
[ -r "$root/containers" ] && printf 'logs=%s\n' "$(
  find "$root/containers" -maxdepth 2 -name '*-json.log*' -type f -exec stat -c %s {} + 2>/dev/null |
    awk '{ n += $1 } END { printf "%.0f", n }'
)"
if [ -n "$deep" ]; then
  idle=
  ionice -c3 true 2>/dev/null && idle='ionice -c3'
  # containerd keeps its content beside the data root.
  printf 'store=%s\n' "$($idle du -sxB1 "$root" 2>/dev/null | cut -f1)"
fi
finish 0
