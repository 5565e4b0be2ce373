FROM ruby:3.3-alpine AS build
RUN apk add --no-cache build-base git
WORKDIR /site
COPY Gemfile Gemfile.lock /site/
RUN bundle install
COPY . /site
RUN bundle exec jekyll build -d /out
FROM nginx:1.27-alpine
COPY --from=build /out /usr/share/nginx/html
