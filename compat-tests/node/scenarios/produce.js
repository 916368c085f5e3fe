// What producers say about their records, and how they are kept.
'use strict'

const assert = require('node:assert')
const { CompressionTypes } = require('kafkajs')
const { createTopic, producer, read, send, topic } = require('../client')

const COMPRESSION = {
  none: CompressionTypes.None,
  gzip: CompressionTypes.GZIP,
  snappy: CompressionTypes.Snappy,
  lz4: CompressionTypes.LZ4,
  zstd: CompressionTypes.ZSTD,
}

const text = (buffer) => (buffer === null ? null : buffer.toString())

// KafkaJS gives a header that comes more than once as an array.
const pairs = (headers) =>
  Object.entries(headers).flatMap(([key, values]) => [values].flat().map((one) => [key, text(one)]))

module.exports = {
  async round_trip(codec) {
    await createTopic(3)
    const messages = Array.from({ length: 200 }, (_, i) => ({
      key: `key-${i}`,
      value: `value-${i} `.repeat(20),
      headers: { n: `${i}` },
    }))
    await (await producer()).send({ topic, messages, acks: -1, compression: COMPRESSION[codec] })
    const received = (await read(messages.length)).map(({ key, value, headers }) => ({
      key: text(key),
      value: text(value),
      headers: { n: text(headers.n) },
    }))
    received.sort((one, other) => one.headers.n - other.headers.n)
    assert.deepStrictEqual(received, messages)
    return { records: received.length }
  },

  async acks() {
    await createTopic(1)
    const sender = await producer({ idempotent: false })
    const sent = []
    for (const acks of [0, 1, -1]) {
      const values = Array.from({ length: 10 }, (_, i) => `${acks}:${i}`)
      await sender.send({ topic, acks, messages: values.map((value) => ({ value })) })
      sent.push(...values)
    }
    const received = (await read(sent.length)).map(({ value }) => text(value))
    assert.deepStrictEqual(received, sent)
    return { records: received.length }
  },

  async idempotence() {
    const admin = await createTopic(1)
    const sender = await producer()
    const sent = Array.from({ length: 200 }, (_, i) => `${i}`)
    // KafkaJS has one such request in flight at a time; of sends at once it may swap two.
    for (const value of sent) await sender.send({ topic, messages: [{ value }] })
    const received = (await read(sent.length)).map(({ value }) => text(value))
    const [{ high }] = await admin.fetchTopicOffsets(topic)
    return {
      records: new Set(received).size,
      'in order': received.every((value, i) => value === sent[i]),
      end: Number(high),
    }
  },

  async headers() {
    await createTopic(1)
    const headers = { a: ['1', '2'], b: '' } // the client has no null for a header
    await send([{ key: 'k', value: 'v', headers, timestamp: '1500000000000' }])
    const [message] = await read(1)
    return {
      key: text(message.key),
      value: text(message.value),
      headers: pairs(message.headers),
      timestamp: Number(message.timestamp),
    }
  },

  async tombstones() {
    await createTopic(1)
    await send(['v', '', null].map((value) => ({ key: 'k', value })))
    return { values: (await read(3)).map(({ value }) => text(value)) }
  },

  async five_megabytes() {
    await createTopic(1, { 'max.message.bytes': `${6 << 20}` })
    const value = Buffer.from(Array.from({ length: 5 << 20 }, (_, i) => i % 251))
    await send([{ value }])
    const [received] = await read(1)
    return { bytes: received.value.length, same: received.value.equals(value) }
  },

  async partitioning() {
    await createTopic(4)
    await send([0, 1, 2, 3].map((partition) => ({ partition, value: `${partition}` })))
    await send(Array(20).fill({ key: 'k', value: 'keyed' }))
    const records = await read(24)
    const chosen = records.filter(({ key }) => key === null)
    const keyed = records.filter(({ key }) => key !== null)
    assert(chosen.every(({ partition, value }) => text(value) === `${partition}`))
    return {
      explicit: chosen.map(({ partition }) => partition).sort(),
      keyed: new Set(keyed.map(({ partition }) => partition)).size,
    }
  },
}
