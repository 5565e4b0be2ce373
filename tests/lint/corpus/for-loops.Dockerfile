FROM ubuntu:20.04
COPY tools /opt/tools
RUN for d in bin lib share; do \
      mkdir -p /opt/tools/$d; \
      chown -R daemon:daemon /opt/tools/$d; \
    done
RUN while read -r pkg; do apt-get install -y "$pkg"; done < /opt/tools/packages.txt
RUN if [ "$(uname -m)" = "x86_64" ]; then echo amd64 > /arch; else echo other > /arch; fi
RUN { echo 'a'; echo 'b'; } > /list && (cd /opt && ls)
CMD ["bash"]
