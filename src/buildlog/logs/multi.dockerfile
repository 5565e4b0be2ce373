ARG BASE=buildlog-base:1
FROM ${BASE} AS deps
ENV WHERE=/srv/app
WORKDIR /srv/app
RUN echo one \
    # a comment between
 && sleep 1 \
 && seq 3
RUN mkdir -p $WHERE/lib && touch "$WHERE/lib/a b"

FROM buildlog-base:1 AS assets
RUN sleep 2; echo done with assets >&2

FROM deps
COPY --from=assets /etc/passwd /srv/passwd
COPY app /srv/app/app
RUN chown -R app:app /srv/app
RUN printf '\033[31mred\033[0m\n#1 DONE 9.9s\nStep 9/9 : RUN x\n'; sleep 0.3
USER app
CMD ["/bin/sh"]
