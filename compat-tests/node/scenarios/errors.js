// What the broker refuses, and with which code.
'use strict'

const { PartitionAssigners } = require('kafkajs')
const { administrator, createTopic, member, send, sendStamped, topic } = require('../client')

// The code of Kafka's error, which KafkaJS wraps.
const codeOf = async (promise) => {
  const error = await promise.then(
    () => new Error('no error'),
    (reason) => reason
  )
  for (let cause = error; cause; cause = cause.cause ?? cause.errors?.[0]) {
    if (cause.code !== undefined) return { code: cause.code }
  }
  throw error
}

module.exports = {
  unknown_topic: () => codeOf(send([{ value: 'v' }])),

  async too_large() {
    await createTopic(1, { 'max.message.bytes': '1000' })
    return codeOf(send([{ value: 'v'.repeat(5000) }]))
  },

  async invalid_name() {
    const admin = await administrator()
    return codeOf(admin.createTopics({ topics: [{ topic: `${topic}/no name` }] }))
  },

  bad_config: () => codeOf(createTopic(1, { 'retention.ms': 'soon' })),

  // A consumer of KafkaJS always finds a new offset; so this asks the broker by itself, with the
  // client's connection, which assigners are given.
  async out_of_range() {
    await createTopic(1)
    await sendStamped(10)
    let cluster
    const assigner = (given) => {
      cluster = given.cluster
      return PartitionAssigners.roundRobin(given)
    }
    await member({ partitionAssigners: [assigner] })
    const [{ leader }] = cluster.findTopicPartitionMetadata(topic)
    const broker = await cluster.findBroker({ nodeId: leader })
    const partitions = [{ partition: 0, fetchOffset: '100', maxBytes: 1 << 20 }]
    return codeOf(broker.fetch({ topics: [{ topic, partitions }] }))
  },
}
