from alpine:3.18 as base
run apk add --no-cache curl
workdir /app
copy . .
from base
copy --from=base /app /app
user nobody
cmd ["sh"]
