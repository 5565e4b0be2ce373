FROM buildlog-base:1
WORKDIR /x
RUN echo fine
RUN echo before; sleep 0.4; echo "no such gem" >&2; exit 7
RUN echo never
