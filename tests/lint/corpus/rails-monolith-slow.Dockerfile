FROM ruby:3.1-bullseye

ENV APP_HOME /app
ENV LANG C.UTF-8

RUN apt-get update
RUN apt-get install -y --no-install-recommends \
      build-essential \
      libpq-dev \
      # for ActiveStorage
      imagemagick \
      nodejs \
      yarnpkg
RUN mkdir $APP_HOME
WORKDIR $APP_HOME

COPY . $APP_HOME
RUN gem install bundler:2.4.22
RUN bundle install --jobs 4
RUN yarn install --frozen-lockfile
RUN RAILS_ENV=production SECRET_KEY_BASE=x bundle exec rails assets:precompile

RUN useradd -m deploy
RUN chown -R deploy:deploy $APP_HOME
RUN chmod -R 755 $APP_HOME
RUN chmod -R 777 $APP_HOME/tmp $APP_HOME/log
USER deploy

EXPOSE 3000
CMD bundle exec puma -C config/puma.rb
