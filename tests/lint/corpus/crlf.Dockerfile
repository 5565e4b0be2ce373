FROM alpine:3.18
RUN echo a \
  && echo b
COPY . /app
CMD ["true"]
