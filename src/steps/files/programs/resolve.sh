# Finds what $path means: $final, the file itself behind all links, its folder $dir and its name $base.
# Ends with 20 where no file of ours can stand. Changes nothing.
no() { printf '%s\n' "$1" >&2; finish 20; }
case $path in
*/) path=$path$name ;;
*) [ ! -d "$path" ] || path=$path/$name ;;
esac
final=$path
if [ -L "$path" ]; then
  [ -e "$path" ] || no "$path: a link that cannot be followed"
  # The x keeps line ends of a name, which a substitution would cut off.
  final=$(readlink -f -- "$path" && printf x) || no "$path: a link that cannot be followed"
  final=${final%?x}
fi
[ ! -d "$final" ] || no "$final: Is a directory"
[ ! -e "$final" ] || [ -f "$final" ] || no "$final: not a regular file"
dir=${final%/*}
[ -n "$dir" ] || dir=/
base=${final##*/}
