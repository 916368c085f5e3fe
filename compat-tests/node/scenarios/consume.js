// Where consumers begin, stop and go on.
'use strict'

const {
  administrator,
  createTopic,
  eventually,
  group,
  member,
  patientKafka,
  producer,
  reading,
  send,
  sendStamped,
  sleep,
  topic,
} = require('../client')

const offsetOf = async (reader) => Number((await reader.next()).offset)

// The offset that a new group reads first, sought or not.
const firstFrom = async (offset) => {
  const consumer = await member({ groupId: `${group}-${offset}` })
  const seek = () => offset && consumer.seek({ topic, partition: 0, offset })
  return offsetOf(await reading(consumer, seek))
}

const firstFromTheEnd = async () => {
  const consumer = await member({ groupId: `${group}-end`, fromBeginning: false })
  let fetched = false
  consumer.on(consumer.events.FETCH, () => (fetched = true))
  const reader = await reading(consumer)
  await eventually('a fetch from the end', () => fetched)
  await send([{ value: 'late' }])
  return offsetOf(reader)
}

module.exports = {
  async consume_from() {
    const admin = await createTopic(1)
    await sendStamped(10)
    const [{ offset }] = await admin.fetchTopicOffsetsByTimestamp(topic, 4500)
    return {
      earliest: await firstFrom(),
      latest: await firstFromTheEnd(),
      offset: await firstFrom('7'),
      time: await firstFrom(offset),
    }
  },

  async pause_and_seek() {
    await createTopic(1)
    await sendStamped(10)
    const consumer = await member()
    const reader = await reading(consumer, () => consumer.pause([{ topic }]))
    await sleep(500)
    const paused = reader.messages.length
    consumer.resume([{ topic }])
    const [first] = await reader.take(10)
    consumer.seek({ topic, partition: 0, offset: '3' })
    return { paused, resumed: Number(first.offset), sought: await offsetOf(reader) }
  },

  async commits() {
    const admin = await administrator()
    await createTopic(1)
    await sendStamped(20)
    const committed = async () => {
      const [{ partitions }] = await admin.fetchOffsets({ groupId: group, topics: [topic] })
      return Number(partitions[0].offset)
    }
    const consumer = await member()
    const reader = await reading(consumer)
    const commit = () => consumer.commitOffsets([{ topic, partition: 0, offset: `${taken}` }])
    let taken = (await reader.take(8)).length
    await commit()
    const sync = await committed()
    taken += (await reader.take(4)).length
    commit()
    const more = async () => (await committed()) > sync && committed()
    const async = await eventually('the commit', more)
    await consumer.disconnect()
    return { sync, async, next: await offsetOf(await reading(await member())) }
  },

  async times() {
    const admin = await createTopic(1)
    await send(['1000', '3000', '2000'].map((timestamp) => ({ value: 'v', timestamp })))
    const ask = async (timestamp) =>
      Number((await admin.fetchTopicOffsetsByTimestamp(topic, timestamp))[0].offset)
    // Where there is none, KafkaJS gives the end.
    return { early: await ask(1), between: await ask(1500), late: await ask(9000) }
  },

  async restart() {
    const admin = await createTopic(1)
    const sender = await producer({}, patientKafka)
    const consumer = await member({}, patientKafka)
    const values = new Set()
    consumer.on(consumer.events.CRASH, ({ payload }) => {
      if (!payload.restart) throw payload.error // else it tries again by itself
    })
    const eachMessage = async ({ message }) => {
      const before = values.size
      values.add(message.value.toString()) // a consumer may well read one again
      if (before < 100 && values.size === 100) console.log('halfway')
    }
    await consumer.run({ eachMessage })
    for (let i = 0; i < 300; i++) {
      await sender.send({ topic, messages: [{ value: `${i}` }] })
      await eventually('the records before', () => values.size > i - 50)
    }
    await eventually('all records', () => values.size === 300)
    const [{ high }] = await admin.fetchTopicOffsets(topic)
    return { lost: 300 - values.size, twice: Number(high) - 300 }
  },
}
