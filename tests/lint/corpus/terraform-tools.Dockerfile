FROM alpine:3.19
ARG TERRAFORM_VERSION=1.6.6
ARG TFLINT_VERSION=0.50.0
RUN apk add bash curl git jq openssh-client
RUN curl -fsSLo /tmp/tf.zip "https://releases.example.com/terraform_${TERRAFORM_VERSION}_linux_amd64.zip" \
    && unzip /tmp/tf.zip -d /usr/local/bin
RUN rm /tmp/tf.zip
ENTRYPOINT ["/usr/local/bin/terraform"]
