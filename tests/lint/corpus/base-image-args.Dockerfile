ARG REGISTRY=registry.example.com
ARG TAG
FROM ${REGISTRY}/base:${TAG:-stable} AS base
ARG TAG
LABEL base.tag=$TAG
ENV A=1 B="two words" C='single' D=back\ slash \
    E="multi"
ENV OLD style value with spaces
USER 1000:1000
