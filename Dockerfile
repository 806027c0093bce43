# One image for the portal, the worker and the Prefect server: they differ in their command.

FROM python:3.11-slim AS build
COPY requirements.lock /build/
RUN python -m venv /venv \
    && /venv/bin/pip install --no-cache-dir --disable-pip-version-check --require-hashes -r /build/requirements.lock
COPY flows/native /build/native
RUN apt-get update \
    && apt-get install --yes --no-install-recommends gcc libc6-dev rustc \
    && /build/native/build /build/native.so

FROM python:3.11-slim
LABEL org.opencontainers.image.title="Mercurios" \
      org.opencontainers.image.description="A multi-tenant retail data platform" \
      org.opencontainers.image.licenses="Apache-2.0"

# The code is on PYTHONPATH, so that flow runs find it wherever they start.
ENV PATH=/venv/bin:$PATH \
    PYTHONPATH=/app \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    MERCURIOS_HOME=/data \
    MERCURIOS_STATIC_ROOT=/app/static \
    PREFECT_HOME=/data/prefect \
    PREFECT_SERVER_ANALYTICS_ENABLED=false \
    DO_NOT_TRACK=1

RUN groupadd --gid 10001 mercurios \
    && useradd --uid 10001 --gid mercurios --home-dir /data --shell /usr/sbin/nologin mercurios \
    && install --directory --owner mercurios --group mercurios /data

WORKDIR /app
COPY --from=build /venv /venv
COPY LICENSE manage.py prefect.yaml ./
COPY portal ./portal
COPY flows ./flows
COPY transforms ./transforms
COPY --from=build /build/native.so ./flows/native/native.so

# Collecting files needs settings to be there, not to be true; none of these reaches the image.
RUN MERCURIOS_SECRET_KEY=unused MERCURIOS_PSEUDONYM_KEY=unused \
    MERCURIOS_CREDENTIAL_KEYS="1:$(head -c 32 /dev/zero | base64)" \
    python manage.py collectstatic --no-input --verbosity 0

USER 10001:10001
VOLUME /data
EXPOSE 8000

HEALTHCHECK --interval=30s --timeout=5s --start-period=30s --retries=3 \
    CMD ["python", "-c", "import urllib.request as web; web.urlopen('http://127.0.0.1:8000/health', timeout=4)"]

CMD ["gunicorn", "portal.wsgi", "--bind", "0.0.0.0:8000", "--workers", "2", "--threads", "8", "--worker-tmp-dir", "/dev/shm", "--access-logfile", "-"]
