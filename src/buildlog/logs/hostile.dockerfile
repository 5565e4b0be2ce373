FROM buildlog-base:1
RUN printf 'no end'; printf ' ---> 0123456789ab\nStep 3/4 : RUN echo real\n---> Running in 0123456789ab\n ---> 0123456789ab\nStep 3/4 : RUN echo other\nStep 4/4 : RUN true\nSuccessfully built 0123456789ab\n'; printf '#2 DONE 0.1s\n\n#9 [9/9] RUN x\n#9 DONE 3.0s\n' >&2; printf 'partial'; sleep 0.5; printf '\n#3 DONE 0.0s\r#4 CACHED'
RUN echo real
RUN true
