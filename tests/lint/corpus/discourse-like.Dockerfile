FROM debian:bookworm-slim
ENV PG_MAJOR=15 RUBY_ALLOCATOR=/usr/lib/libjemalloc.so
LABEL maintainer="Ops \"team\"" org.example.url="https://example.com/?a=1&b=2"
RUN echo 2.0.`date +%Y%m%d` > /VERSION
RUN apt update && apt install -y gnupg sudo curl
RUN echo "debconf debconf/frontend select Teletype" | debconf-set-selections
RUN sh -c "fgrep -v deb-src /etc/apt/sources.list > /tmp/s; mv /tmp/s /etc/apt/sources.list"
RUN mkdir -p /etc/runit/3.d
ADD install-ruby /tmp/install-ruby
RUN /tmp/install-ruby && rm /tmp/install-ruby
RUN useradd discourse -s /bin/bash -m -U \
 && install -dm 0755 -o discourse -g discourse /var/www/discourse \
 && sudo -u discourse git clone --depth 1 https://github.com/discourse/discourse.git /var/www/discourse
CMD ["/sbin/boot"]
