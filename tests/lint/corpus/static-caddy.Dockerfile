FROM caddy:2.7.6-alpine
COPY Caddyfile /etc/caddy/Caddyfile
COPY --chown=1000:1000 site/ /srv/
