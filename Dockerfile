# docker build -t kafkapy .
ARG BASE=python:3.11-slim

FROM ${BASE} AS build
ARG PIP_INDEX_URL
WORKDIR /source
COPY . .
RUN pip wheel --no-cache-dir --no-deps --wheel-dir /wheel . \
    && python -m venv --without-pip /opt/kafkapy \
    && pip --python /opt/kafkapy/bin/python install --no-cache-dir /wheel/*.whl

FROM ${BASE}
ARG VERSION=
LABEL org.opencontainers.image.title="kafkapy" \
      org.opencontainers.image.description="An Apache Kafka broker in Python" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}"
COPY --from=build /opt/kafkapy /opt/kafkapy
COPY docker/run.py /etc/kafka/docker/run
# Start scripts for the images of Kafka find what they call: Confluent's paths lead to the same
# command, what prepares a node of Kafka has nothing to do. They rewrite some of it, hence the owner.
RUN useradd --uid 1000 --gid 0 --no-create-home --home-dir /var/lib/kafka appuser \
    && mkdir -p /etc/confluent/docker /mnt/shared/config /var/lib/kafka/data \
    && cd /etc/confluent/docker \
    && for name in bash-config configure ensure; do echo '#!/bin/sh' > $name; done \
    && chmod -R 775 /etc/kafka /etc/confluent /var/lib/kafka \
    && ln -s /etc/kafka/docker/run run && ln -s /etc/kafka/docker/run launch \
    && ln -s /bin/true /usr/local/bin/kafka-storage \
    && ln -s /bin/true /usr/local/bin/zookeeper-server-start \
    && chown -R 1000:0 /etc/confluent /var/lib/kafka
ENV PATH=/opt/kafkapy/bin:${PATH} PYTHONUNBUFFERED=1
USER 1000
WORKDIR /var/lib/kafka
VOLUME /var/lib/kafka/data
EXPOSE 9092 19092
CMD ["/etc/kafka/docker/run"]
