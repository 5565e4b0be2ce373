FROM debian:12-slim AS os-deps
RUN apt-get update && apt-get install -y --no-install-recommends libxml2 && rm -rf /var/lib/apt/lists/*
FROM os-deps AS test
COPY . /work
RUN make -C /work test
FROM os-deps AS release
COPY --from=test /work/out /opt/app
COPY --from=0 /etc/debian_version /opt/base-version
COPY --from=busybox:1.36 /bin/busybox /bin/busybox
WORKDIR /opt/app
USER 65534
ENTRYPOINT ["./run"]
