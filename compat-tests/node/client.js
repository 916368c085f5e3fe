// KafkaJS set up as the scenarios want it, and what they have in common.
'use strict'

const { setTimeout: sleep } = require('node:timers/promises')
const { CompressionCodecs, CompressionTypes, Kafka, logLevel } = require('kafkajs')
const lz4 = require('lz4-napi')
const snappy = require('kafkajs-snappy')
const zstd = require('@bokuweb/zstd-wasm')

const WAIT_MS = 30000

CompressionCodecs[CompressionTypes.Snappy] = snappy
CompressionCodecs[CompressionTypes.LZ4] = () => ({
  compress: (encoder) => lz4.compressFrame(encoder.buffer),
  decompress: (buffer) => lz4.decompressFrame(buffer),
})
CompressionCodecs[CompressionTypes.ZSTD] = () => ({
  compress: async (encoder) => Buffer.from(zstd.compress(encoder.buffer)),
  decompress: async (buffer) => Buffer.from(zstd.decompress(buffer)),
})

const [bootstrap, scenario, topic] = process.argv.slice(2)
const group = `${topic}-group`
const settings = { clientId: 'compat', brokers: [bootstrap], logLevel: logLevel.NOTHING }
const kafka = new Kafka({ ...settings, retry: { retries: 5, initialRetryTime: 50 } })
// For a broker that is away for a while.
const patience = { retries: 100, initialRetryTime: 50, maxRetryTime: 500 }
const patientKafka = new Kafka({ ...settings, retry: patience })

const clients = []

const connected = async (client) => {
  await client.connect()
  clients.push(client)
  return client
}

const disconnectAll = () => Promise.all(clients.map((client) => client.disconnect()))

// Ask until there is an answer other than undefined or false, and give that.
const eventually = async (what, ask) => {
  const deadline = Date.now() + WAIT_MS
  for (;;) {
    const answer = await ask()
    if (answer !== undefined && answer !== false) return answer
    if (Date.now() > deadline) throw new Error(`not in time: ${what}`)
    await sleep(20)
  }
}

const administrator = () => connected(kafka.admin())

// Records stay, however long ago their timestamps are, unless something else is asked for.
const createTopic = async (numPartitions, configs = {}) => {
  const admin = await administrator()
  const wanted = { 'retention.ms': '-1', ...configs }
  const configEntries = Object.entries(wanted).map(([name, value]) => ({ name, value }))
  await admin.createTopics({ topics: [{ topic, numPartitions, configEntries }] })
  return admin
}

const producer = (options = {}, from = kafka) =>
  connected(
    from.producer({
      idempotent: true,
      maxInFlightRequests: 1,
      allowAutoTopicCreation: false,
      ...options,
    })
  )

const send = async (messages) => (await producer()).send({ topic, messages, acks: -1 })

// Records in one partition, stamped 1000, 2000, ...
const sendStamped = (count) =>
  send(Array.from({ length: count }, (_, i) => ({ value: 'v', timestamp: `${(i + 1) * 1000}` })))

// A member of a group, which has not begun to read.
const member = async ({ fromBeginning = true, ...options } = {}, from = kafka) => {
  const consumer = await connected(
    from.consumer({
      groupId: group,
      sessionTimeout: 6000,
      heartbeatInterval: 200,
      maxWaitTimeInMs: 100,
      allowAutoTopicCreation: false,
      ...options,
    })
  )
  await consumer.subscribe({ topic, fromBeginning })
  return consumer
}

// Let a member read. `joined` is called when it has its partitions, before it fetches. Gives what
// has come and was not taken, and `next`, which takes the next message.
const reading = async (consumer, joined = () => {}) => {
  const messages = []
  let failure
  consumer.on(consumer.events.CRASH, ({ payload }) => {
    if (!payload.restart) failure = payload.error
  })
  consumer.on(consumer.events.GROUP_JOIN, joined)
  const eachMessage = async ({ partition, message }) => {
    messages.push({ ...message, partition })
  }
  await consumer.run({ autoCommit: false, eachMessage })
  const next = () =>
    eventually('a message', () => {
      if (failure) throw failure
      return messages.shift()
    })
  const take = async (count) => {
    const taken = []
    while (taken.length < count) taken.push(await next())
    return taken
  }
  return { messages, next, take }
}

const read = async (count, options) => (await reading(await member(options))).take(count)

module.exports = {
  administrator,
  bootstrap,
  connected,
  createTopic,
  disconnectAll,
  eventually,
  group,
  member,
  patientKafka,
  prepare: () => zstd.init(),
  producer,
  read,
  reading,
  scenario,
  send,
  sendStamped,
  sleep,
  topic,
}
