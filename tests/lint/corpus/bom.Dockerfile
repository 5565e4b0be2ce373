FROM alpine:3.18
RUN true
