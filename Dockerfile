# One image for every way to run it: docker build -t guichet .
# It needs no writable file but /data (SQLite) and /tmp, and no right but to read its own.
ARG PYTHON=3.11

FROM python:${PYTHON}-slim AS build
WORKDIR /build
COPY requirements-run.lock ./
RUN python -m venv /opt/guichet
RUN /opt/guichet/bin/pip install --no-cache-dir --require-hashes -r requirements-run.lock
COPY pyproject.toml README.md LICENSE ./
COPY bot ./bot
COPY providers ./providers
COPY storage ./storage
RUN /opt/guichet/bin/pip install --no-cache-dir hatchling editables && \
    /opt/guichet/bin/pip install --no-cache-dir --no-deps --no-build-isolation . && \
    /opt/guichet/bin/pip uninstall --yes hatchling editables pip

FROM python:${PYTHON}-slim
# pg_dump and pg_restore, for guichet backup where the books are in PostgreSQL.
RUN apt-get update && \
    apt-get install --yes --no-install-recommends postgresql-client && \
    rm -rf /var/lib/apt/lists/*
RUN useradd --system --uid 10001 --user-group --home-dir /data --shell /usr/sbin/nologin guichet && \
    install --directory --owner=guichet --group=guichet --mode=0700 /data
COPY --from=build /opt/guichet /opt/guichet
ENV PATH=/opt/guichet/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    MPLCONFIGDIR=/tmp \
    LISTEN=0.0.0.0:8080 \
    METRICS_LISTEN=127.0.0.1:9464 \
    DATABASE_URL=sqlite:////data/guichet.db
USER guichet
WORKDIR /data
VOLUME /data
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s --retries=3 \
    CMD ["python", "-c", "import urllib.request as web; web.urlopen('http://127.0.0.1:9464/health', timeout=4)"]
ENTRYPOINT ["guichet"]
CMD ["run"]
