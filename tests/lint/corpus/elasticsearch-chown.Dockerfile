FROM centos:7 AS prep
RUN groupadd -g 1000 elasticsearch && \
    adduser -u 1000 -g 1000 -d /usr/share/elasticsearch elasticsearch
WORKDIR /usr/share/elasticsearch
RUN cd /opt && curl -fsSL -o elastic.tgz https://example.com/elastic.tgz && cd -
RUN tar zxf /opt/elastic.tgz --strip-components=1
RUN mkdir -p config data logs
RUN chown -R 1000:0 /usr/share/elasticsearch
RUN find . -type d -exec chmod 0775 {} +
RUN find config -type f -exec chmod 0660 {} +
USER 1000
CMD ["eswrapper"]
