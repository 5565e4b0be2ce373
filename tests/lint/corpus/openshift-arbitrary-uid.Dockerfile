FROM registry.access.redhat.com/ubi9/nodejs-18:1
USER 0
COPY . /tmp/src
RUN chown -R 1001:0 /tmp/src && \
    chgrp -R 0 /opt/app-root && chmod -R g=u /opt/app-root
RUN yum install -y libpng && yum clean all && rm -rf /var/cache/yum
USER 1001
RUN /usr/libexec/s2i/assemble
CMD /usr/libexec/s2i/run
