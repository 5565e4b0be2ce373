FROM buildlog-base:1 AS a
RUN for i in 1 2 3 4 5 6 7 8; do echo a $i; sleep 0.4; done
FROM buildlog-base:1 AS b
RUN for i in 1 2 3 4 5 6; do echo b $i; sleep 0.3; done
FROM buildlog-base:1 AS bad
RUN sleep 2; exit 3
FROM buildlog-base:1
COPY --from=a /etc/passwd /a
COPY --from=b /etc/passwd /b
COPY --from=bad /etc/passwd /c
