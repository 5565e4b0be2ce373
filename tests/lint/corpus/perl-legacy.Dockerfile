FROM perl:5.20
COPY cpanfile /usr/src/myapp/cpanfile
WORKDIR /usr/src/myapp
RUN cpanm --installdeps . || (cat /root/.cpanm/work/*/build.log; false)
COPY . /usr/src/myapp
CMD [ "perl", "./your-daemon-or-script.pl" ]
