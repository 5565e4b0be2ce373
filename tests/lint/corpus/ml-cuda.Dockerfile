FROM nvidia/cuda:12.1.1-cudnn8-runtime-ubuntu22.04
ENV HF_HOME=/models TOKENIZERS_PARALLELISM=false
RUN apt-get update && apt-get install -y python3-pip git-lfs
RUN pip3 install torch==2.1.0 --index-url https://download.pytorch.org/whl/cu121
WORKDIR /srv
COPY requirements.txt .
RUN pip3 install -r requirements.txt
COPY . .
RUN chmod -R 777 /srv
CMD ["python3", "serve.py"]
