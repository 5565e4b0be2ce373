FROM alpine:3.18
RUN echo a \   
  && echo b \	
  && echo c
RUN echo 'a\\'
CMD ["true"]
