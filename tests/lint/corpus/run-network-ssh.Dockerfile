# syntax=docker/dockerfile:1
FROM python:3.12-slim
ADD mypackage.tgz wheels/
RUN --network=none pip install --find-links wheels mypackage
RUN --mount=type=ssh,id=default,required \
    --mount=type=tmpfs,target=/tmp,size=64m \
    git clone git@example.com:repo.git /repo
CMD ["python3"]
