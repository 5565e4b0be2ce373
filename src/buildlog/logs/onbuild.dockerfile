FROM buildlog-onbuild-base
WORKDIR /
RUN chmod 711 /tmp; printf 'Removing intermediate container %s\n ---> Removed intermediate container %s\n ---> 0123456789ab\nStep 4/4 : RUN echo last\n' "$(cat /etc/hostname)" "$(cat /etc/hostname)"; sleep 0.3
RUN echo last
