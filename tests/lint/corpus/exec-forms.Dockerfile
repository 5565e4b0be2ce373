FROM debian:12
RUN ["/bin/bash", "-c", "apt-get update && apt-get install -y --no-install-recommends tini && rm -rf /var/lib/apt/lists/*"]
COPY ["my files/", "/opt/my files/"]
RUN ["chown", "-R", "nobody:nogroup", "/opt/my files"]
VOLUME ["/data"]
ENTRYPOINT ["/usr/bin/tini", "--"]
CMD ["sleep", "infinity"]
