ARG BASE_CONTAINER=jupyter/base-notebook:2023-01-01
FROM $BASE_CONTAINER
USER root
SHELL ["/bin/bash", "-o", "pipefail", "-c"]
RUN apt-get update --yes && \
    apt-get install --yes --no-install-recommends vim-tiny unzip && \
    apt-get clean && rm -rf /var/lib/apt/lists/*
COPY setup-scripts/ /opt/setup-scripts/
RUN chmod a+rx /opt/setup-scripts/*
RUN mamba install --yes 'flake8' && \
    mamba clean --all -f -y && \
    fix-permissions "${CONDA_DIR}" && \
    fix-permissions "/home/${NB_USER}"
USER ${NB_UID}
WORKDIR "${HOME}"
