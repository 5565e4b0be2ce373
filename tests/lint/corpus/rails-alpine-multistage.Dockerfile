ARG RUBY_VERSION=3.2-alpine
FROM ruby:${RUBY_VERSION} AS builder
RUN apk add --no-cache build-base postgresql-dev git nodejs yarn tzdata
WORKDIR /app
COPY Gemfile* .ruby-version ./
RUN bundle config set --local without 'development test' \
 && bundle install -j4 --retry 3 \
 && rm -rf /usr/local/bundle/cache/*.gem \
 && find /usr/local/bundle/gems/ -name "*.c" -delete \
 && find /usr/local/bundle/gems/ -name "*.o" -delete
COPY package.json yarn.lock ./
RUN yarn install --check-files
COPY . .
RUN SECRET_KEY_BASE=dummy RAILS_ENV=production bin/rails assets:precompile
RUN rm -rf node_modules tmp/cache vendor/assets spec

FROM ruby:${RUBY_VERSION}
RUN apk add --no-cache postgresql-client tzdata file \
 && addgroup -g 1000 -S app \
 && adduser -u 1000 -S app -G app
USER app
COPY --from=builder /usr/local/bundle/ /usr/local/bundle/
COPY --from=builder --chown=app:app /app /app
ENV RAILS_LOG_TO_STDOUT=true RAILS_SERVE_STATIC_FILES=true
WORKDIR /app
EXPOSE 3000
CMD ["bin/rails", "server", "-b", "0.0.0.0"]
