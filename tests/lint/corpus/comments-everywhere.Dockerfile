# a comment first, so that what follows is no directive
# syntax=docker/dockerfile:1
   # indented comment
FROM alpine:3.18
RUN apk add --no-cache \
# at the left margin
      curl \
    # indented

      git \
      # last one
   && echo "# not a comment" \
   && true
   RUN echo indented instruction
# RUN chown -R nobody /
COPY a b \
     # a source in between
     c /dest/
CMD ["true"]
