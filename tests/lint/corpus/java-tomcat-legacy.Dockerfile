FROM tomcat:8.5-jre8
MAINTAINER ops
ENV CATALINA_OPTS -Xms512m -Xmx1024m
RUN rm -rf /usr/local/tomcat/webapps/*
ADD target/app.war /usr/local/tomcat/webapps/ROOT.war
VOLUME /usr/local/tomcat/logs
EXPOSE 8080 8443/tcp
CMD catalina.sh run
