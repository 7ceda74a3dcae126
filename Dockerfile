# Two stages: the compiled product and what it needs, by hashes, in the first; a small image with a user of its own in the second.
# What only tests and the compiler need is in an environment that stays in the first.
# The image has no C compiler. `--build-arg BACKSTAY_COMPILE=0` leaves compiling out.
FROM python:3.12-slim AS build
ARG BACKSTAY_COMPILE=1
RUN apt-get update \
 && apt-get install --yes --no-install-recommends gcc libc6-dev \
 && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY requirements.lock requirements-image.lock pyproject.toml README.md ./
COPY compiling compiling
COPY schemas schemas
COPY sources sources
COPY retention retention
COPY agents agents
COPY streams streams
RUN python -m venv /opt/build \
 && /opt/build/bin/pip install --no-cache-dir --require-hashes -r requirements.lock \
 && /opt/build/bin/pip wheel --no-deps --no-build-isolation --wheel-dir /wheels . \
 && python -m venv /opt/backstay \
 && /opt/backstay/bin/pip install --no-cache-dir --require-hashes -r requirements-image.lock \
 && /opt/backstay/bin/pip install --no-cache-dir --no-deps /wheels/*.whl

FROM python:3.12-slim
RUN useradd --uid 10001 --no-create-home --shell /usr/sbin/nologin backstay
COPY --from=build /opt/backstay /opt/backstay
ENV PATH=/opt/backstay/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
USER 10001
EXPOSE 6066
HEALTHCHECK --interval=10s --timeout=3s --start-period=60s \
  CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:6066/healthz', timeout=2)"]
ENTRYPOINT ["backstay"]
CMD ["worker"]
