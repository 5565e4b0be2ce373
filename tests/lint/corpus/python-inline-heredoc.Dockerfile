# syntax=docker/dockerfile:1
FROM python:3.12-slim
RUN python3 <<EOF
with open("/hello", "w") as f:
    print("Hello", file=f)
    print("chown -R nobody /", file=f)
EOF
RUN <<EOF cat > /etc/motd
welcome
EOF
RUN cat <<'A' > /a && cat <<'B' > /b
FROM not-a-stage
A
RUN nothing
B
CMD ["python3"]
