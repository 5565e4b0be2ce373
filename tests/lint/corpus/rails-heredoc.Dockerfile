# syntax=docker/dockerfile:1.4
FROM ruby:3.2-slim-bookworm
SHELL ["/bin/bash", "-o", "pipefail", "-c"]
RUN <<EOF
set -eux
apt-get update
apt-get install -y --no-install-recommends git libpq-dev
rm -rf /var/lib/apt/lists/*
groupadd -g 1000 app
useradd -u 1000 -g app -m app
install -d -o app -g app /app
EOF
USER app
WORKDIR /app
COPY --chown=app:app Gemfile Gemfile.lock ./
RUN bundle install
COPY --chown=app:app . .
COPY <<-"SCRIPT" /usr/local/bin/start
	#!/bin/sh
	exec bundle exec puma "$@"
SCRIPT
COPY --chmod=755 <<one <<two /opt/
first
one
second
two
CMD ["sh", "/usr/local/bin/start"]
