# Tells what stands at $final, as "key=value" lines. Its digest only where its size is $size.
p() { printf '%s=%s\n' "$1" "$2"; }
command -v sha256sum >/dev/null || no 'sha256sum is missing'
p me "$(id -u)"
if [ ! -d "$dir" ]; then
  [ "$parents" = 1 ] || no "$(ls -d -- "$dir" 2>&1 | head -c 500)"
elif [ ! -w "$dir" ]; then
  case ",$(findmnt -nro OPTIONS -T "$dir" 2>/dev/null)," in
  *,ro,*) no "$dir: Read-only file system" ;;
  *) no "$dir: Permission denied" ;;
  esac
fi
if [ -e "$final" ]; then
  p size "$(stat -c %s -- "$final")"
  p mode "$(stat -c %a -- "$final")"
  p uid "$(stat -c %u -- "$final")"
  gid=$(stat -c %g -- "$final")
  p gid "$gid"
  case " $(id -G) " in *" $gid "*) p member 1 ;; esac
  if [ "$(stat -c %s -- "$final")" = "$size" ]; then
    [ -r "$final" ] || no "$final: Permission denied"
    have=$(sha256sum <"$final") || finish 21
    p sum "${have%% *}"
  fi
  p user "$(stat -c %U -- "$final")"
  p group "$(stat -c %G -- "$final")"
fi
finish 0
