# syntax=docker/dockerfile:1.7
FROM ruby:3.3-slim AS base
WORKDIR /rails
RUN --mount=type=cache,target=/var/cache/apt,sharing=locked \
    --mount=type=cache,target=/var/lib/apt,sharing=locked \
    rm -f /etc/apt/apt.conf.d/docker-clean && \
    apt-get update -qq && apt-get install --no-install-recommends -y libpq5 libvips42
FROM base AS gems
COPY --link Gemfile Gemfile.lock .ruby-version ./
RUN --mount=type=cache,id=gems,target=/srv/vendor \
    --mount=type=secret,id=bundle_token,env=BUNDLE_GITHUB__COM \
    bundle config set path /srv/vendor && bundle install --jobs 8 && \
    mkdir -p vendor && cp -ar /srv/vendor .
FROM base
COPY --link --from=gems --chown=1000:1000 /rails/vendor vendor
COPY --link --chown=1000:1000 . .
USER 1000:1000
CMD ["bin/rails", "s"]
