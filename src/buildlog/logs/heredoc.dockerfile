FROM buildlog-base:1
RUN <<END
echo from a document
sleep 0.2
chmod 700 /tmp
END
COPY <<END /etc/made
text
END
COPY --link app /srv/app
RUN --mount=type=cache,target=/cache touch /cache/x
ARG WHO=app
RUN chown ${WHO} /etc/made && echo "it is $WHO"
