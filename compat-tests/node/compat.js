// One scenario with KafkaJS: node compat.js BOOTSTRAP SCENARIO NAME [CODEC].
// What was seen is printed as one line of JSON; a failure is an exit status other than 0.
'use strict'

const assert = require('node:assert')
const { setTimeout: sleep } = require('node:timers/promises')
const { AssignerProtocol, CompressionCodecs, CompressionTypes, ConfigResourceTypes, Kafka, logLevel }
  = require('kafkajs')
const lz4 = require('lz4-napi')
const snappy = require('kafkajs-snappy')
const zstd = require('@bokuweb/zstd-wasm')

CompressionCodecs[CompressionTypes.Snappy] = snappy
CompressionCodecs[CompressionTypes.LZ4] = () => ({
  compress: (encoder) => lz4.compressFrame(encoder.buffer),
  decompress: (buffer) => lz4.decompressFrame(buffer),
})
CompressionCodecs[CompressionTypes.ZSTD] = () => ({
  compress: async (encoder) => Buffer.from(zstd.compress(encoder.buffer)),
  decompress: async (buffer) => Buffer.from(zstd.decompress(buffer)),
})

const [bootstrap, scenario, topic, codec = 'none'] = process.argv.slice(2)
const group = `${topic}-group`
const compression = {
  none: CompressionTypes.None,
  gzip: CompressionTypes.GZIP,
  snappy: CompressionTypes.Snappy,
  lz4: CompressionTypes.LZ4,
  zstd: CompressionTypes.ZSTD,
}[codec]
const kafka = new Kafka({
  clientId: 'compat',
  brokers: [bootstrap],
  logLevel: logLevel.NOTHING,
  retry: { retries: 3, initialRetryTime: 50 },
})
const clients = []

const connected = async (client) => {
  await client.connect()
  clients.push(client)
  return client
}

const eventually = async (wanted, ask) => {
  const deadline = Date.now() + 30000
  for (;;) {
    const last = await ask()
    if (JSON.stringify(last) === JSON.stringify(wanted)) return last
    if (Date.now() > deadline) throw new Error(`last seen: ${JSON.stringify(last)}`)
    await sleep(50)
  }
}

const createTopic = async (numPartitions, configs = {}) => {
  const admin = await connected(kafka.admin())
  const configEntries = Object.entries(configs).map(([name, value]) => ({ name, value }))
  await admin.createTopics({ topics: [{ topic, numPartitions, configEntries }] })
  return admin
}

const send = async (messages) => {
  const producer = await connected(
    kafka.producer({ idempotent: true, maxInFlightRequests: 1, allowAutoTopicCreation: false })
  )
  await producer.send({ topic, messages, acks: -1, compression })
}

const sendValues = (count) => send(Array(count).fill({ value: 'v' }))

const member = async () => {
  const consumer = await connected(
    kafka.consumer({
      groupId: group,
      heartbeatInterval: 200,
      maxWaitTimeInMs: 100,
      allowAutoTopicCreation: false,
    })
  )
  await consumer.subscribe({ topic, fromBeginning: true })
  return consumer
}

// Read `count` messages, and hand each to `each` in between.
const read = async (consumer, count, each = async () => {}) => {
  const messages = []
  await new Promise((resolve, reject) => {
    consumer.on(consumer.events.CRASH, ({ payload }) => reject(payload.error))
    const eachMessage = async ({ message }) => {
      if (messages.length === count) return
      messages.push(message)
      await each(message)
      if (messages.length === count) resolve()
    }
    consumer.run({ autoCommit: false, eachMessage }).catch(reject)
  })
  return messages
}

const codeOf = async (promise) => {
  try {
    await promise
  } catch (error) {
    for (let cause = error; cause; cause = cause.cause) {
      if (cause.code !== undefined) return { code: cause.code }
    }
    throw error
  }
  throw new Error('no error')
}

const scenarios = {
  async round_trip() {
    await createTopic(3)
    const sent = Array.from({ length: 200 }, (_, i) => ({
      key: `key-${i}`,
      value: `value-${i} `.repeat(20),
      headers: { n: `${i}` },
    }))
    await send(sent)
    const received = (await read(await member(), sent.length)).map(({ key, value, headers }) => ({
      key: key.toString(),
      value: value.toString(),
      headers: { n: headers.n.toString() },
    }))
    received.sort((one, other) => one.headers.n - other.headers.n)
    assert.deepStrictEqual(received, sent)
    return { records: received.length }
  },

  async resume() {
    const admin = await createTopic(1)
    await sendValues(20)
    const first = await member()
    await read(first, 8, async ({ offset }) =>
      first.commitOffsets([{ topic, partition: 0, offset: `${Number(offset) + 1}` }])
    )
    await first.disconnect()
    const [{ partitions }] = await admin.fetchOffsets({ groupId: group, topics: [topic] })
    const [next] = await read(await member(), 1)
    return { committed: Number(partitions[0].offset), next: Number(next.offset) }
  },

  async rebalance() {
    const admin = await createTopic(4)
    const shares = async () => {
      const { members } = (await admin.describeGroups([group])).groups[0]
      return members
        .filter(({ memberAssignment }) => memberAssignment.length)
        .map((one) => AssignerProtocol.MemberAssignment.decode(one.memberAssignment))
        .map(({ assignment }) => assignment[topic].length)
    }
    const members = [await member(), await member()]
    for (const one of members) await one.run({ eachMessage: async () => {} })
    const together = await eventually([2, 2], shares)
    await members[1].disconnect()
    return { together, alone: await eventually([4], shares) }
  },

  async admin() {
    const admin = await createTopic(3, { 'retention.ms': '60000' })
    const resource = { type: ConfigResourceTypes.TOPIC, name: topic }
    const retention = async () => {
      const asked = { resources: [{ ...resource, configNames: ['retention.ms'] }] }
      return (await admin.describeConfigs(asked)).resources[0].configEntries[0].configValue
    }
    const metadata = await admin.fetchTopicMetadata({ topics: [topic] })
    const before = await retention()
    const configEntries = [{ name: 'retention.ms', value: '120000' }]
    await admin.alterConfigs({ resources: [{ ...resource, configEntries }] })
    const after = await eventually('120000', retention)
    await sendValues(5)
    const offsets = await admin.fetchTopicOffsets(topic)
    const end = offsets.reduce((sum, { high }) => sum + Number(high), 0)
    await admin.deleteTopics({ topics: [topic] })
    await eventually(false, async () => (await admin.listTopics()).includes(topic))
    return { partitions: metadata.topics[0].partitions.length, end, before, after }
  },

  async times() {
    const admin = await createTopic(1)
    for (const timestamp of ['1000', '3000', '2000']) await send([{ value: 'v', timestamp }])
    const ask = async (timestamp) =>
      Number((await admin.fetchTopicOffsetsByTimestamp(topic, timestamp))[0].offset)
    // Where there is none, KafkaJS gives the end.
    return { early: await ask(1), between: await ask(1500), late: await ask(9000) }
  },

  unknown_topic: () => codeOf(send([{ value: 'v' }])),

  async too_large() {
    await createTopic(1, { 'max.message.bytes': '1000' })
    return codeOf(send([{ value: 'v'.repeat(5000) }]))
  },
}

const main = async () => {
  await zstd.init()
  const outcome = await scenarios[scenario]()
  await Promise.all(clients.map((client) => client.disconnect()))
  console.log(JSON.stringify(outcome))
}

main().catch((error) => {
  console.error(error)
  process.exit(1)
})
