# The trader and its commands in a container. The home must be a volume on a local disk (ext4, xfs).
FROM python:3.11-slim
RUN useradd --create-home --uid 10001 perps
WORKDIR /app
COPY requirements.lock ./
RUN pip install --no-cache-dir --require-hashes -r requirements.lock
COPY pyproject.toml README.md escalation.yaml ./
COPY core core
COPY store store
COPY trader trader
COPY bot bot
COPY alerts alerts
COPY sandbox sandbox
RUN pip install --no-cache-dir --no-deps --no-build-isolation . \
    && install -d -o perps -g perps -m 0700 /home/perps/desk
USER perps
ENV PERPS_HOME=/home/perps/desk
VOLUME /home/perps/desk
ENTRYPOINT ["perps-bot"]
CMD ["status"]
