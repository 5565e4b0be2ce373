FROM jenkins/inbound-agent:4.13-2-jdk11
USER root
RUN apt-get update && apt-get install -y docker.io make
ENV DOCKER_HOST=unix:///var/run/docker.sock
RUN echo "jenkins ALL=(ALL) NOPASSWD: ALL" >> /etc/sudoers
COPY plugins.txt /usr/share/jenkins/ref/plugins.txt
RUN chown -R jenkins /usr/share/jenkins
