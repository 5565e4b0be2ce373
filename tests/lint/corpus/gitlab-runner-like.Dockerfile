FROM ubuntu:22.04
ARG TARGETPLATFORM
ENV DEBIAN_FRONTEND=noninteractive
# hadolint ignore=DL3008
RUN apt-get update -y && \
    apt-get upgrade -y && \
    apt-get install -y --no-install-recommends ca-certificates git git-lfs tzdata wget && \
    rm -rf /var/lib/apt/lists/*
COPY --from=ghcr.io/example/tini:v0.19 /tini /usr/bin/tini
RUN --mount=type=bind,from=prepared,target=/mnt \
    cp -r /mnt/bin/* /usr/bin/ && \
    dpkg -i /mnt/deb/*.deb
STOPSIGNAL SIGQUIT
VOLUME ["/etc/gitlab-runner", "/home/gitlab-runner"]
ENTRYPOINT ["/usr/bin/tini", "--", "/entrypoint"]
CMD ["run", "--user=gitlab-runner", "--working-directory=/home/gitlab-runner"]
