FROM myapp-base:2024-01 AS worker
WORKDIR /app
COPY --chown=1000:1000 . .
HEALTHCHECK --interval=30s --timeout=5s \
  CMD pgrep -f sidekiq || exit 1
STOPSIGNAL SIGTERM
CMD ["bundle", "exec", "sidekiq", "-C", "config/sidekiq.yml"]
