FROM phusion/passenger-ruby27:2.0.1
ENV HOME /root
CMD ["/sbin/my_init"]
RUN rm -f /etc/service/nginx/down
RUN rm /etc/nginx/sites-enabled/default
ADD docker/webapp.conf /etc/nginx/sites-enabled/webapp.conf
ADD docker/rails-env.conf /etc/nginx/main.d/rails-env.conf
WORKDIR /home/app/webapp
COPY Gemfile Gemfile.lock /home/app/webapp/
RUN bundle install --without development test
ADD . /home/app/webapp
RUN chown -R app:app /home/app/webapp
RUN sudo -u app RAILS_ENV=production bundle exec rake assets:precompile
RUN apt-get clean && rm -rf /var/lib/apt/lists/* /tmp/* /var/tmp/*
