# After a lost answer: waits until the upload $token is over, then tells the digest of $final.
part=$dir/.$base.fleet-$token.part
n=0
while [ -e "$part" ] && [ "$n" -lt 60 ]; do sleep 1; n=$((n + 1)); done
if [ -f "$final" ]; then
  have=$(sha256sum <"$final") || finish 21
  printf 'sum=%s\n' "${have%% *}"
fi
finish 0
