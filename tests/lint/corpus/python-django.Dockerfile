FROM python:3.11-slim
ENV PYTHONDONTWRITEBYTECODE 1
ENV PYTHONUNBUFFERED 1
WORKDIR /code
COPY requirements.txt /code/
RUN pip install --no-cache-dir -r requirements.txt
COPY . /code/
RUN python manage.py collectstatic --noinput
RUN addgroup --system django && adduser --system --ingroup django django
RUN chown -R django:django /code
USER django
CMD gunicorn config.wsgi:application --bind 0.0.0.0:$PORT
