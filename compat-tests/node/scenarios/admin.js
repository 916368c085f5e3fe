// The admin client.
'use strict'

const { ConfigResourceTypes } = require('kafkajs')
const { administrator, createTopic, eventually, group, member, reading, sendStamped, topic } =
  require('../client')

const resource = { type: ConfigResourceTypes.TOPIC, name: topic }

const configOf = async (admin, name) => {
  const asked = { resources: [{ ...resource, configNames: [name] }] }
  return (await admin.describeConfigs(asked)).resources[0].configEntries[0].configValue
}

const partitionsOf = async (admin) =>
  (await admin.fetchTopicMetadata({ topics: [topic] })).topics[0].partitions.length

module.exports = {
  async admin_topics() {
    const admin = await createTopic(3, { 'retention.ms': '60000' })
    const listed = (await admin.listTopics()).includes(topic)
    const partitions = await partitionsOf(admin)
    await admin.deleteTopics({ topics: [topic] })
    const isGone = async () => !(await admin.listTopics()).includes(topic)
    const gone = await eventually('no topic', isGone)
    return { listed, partitions, gone }
  },

  async admin_partitions() {
    const admin = await createTopic(2)
    const before = await partitionsOf(admin)
    await admin.createPartitions({ topicPartitions: [{ topic, count: 4 }] })
    const more = async () => (await partitionsOf(admin)) > before && partitionsOf(admin)
    return { before, after: await eventually('more partitions', more) }
  },

  async admin_configs() {
    const created = { 'retention.ms': '60000', 'max.message.bytes': '2000' }
    const admin = await createTopic(1, created)
    const before = await configOf(admin, 'retention.ms')
    // This call sets all settings of the topic anew: what is not named goes back to its default.
    const altered = { ...created, 'retention.ms': '120000' }
    const configEntries = Object.entries(altered).map(([name, value]) => ({ name, value }))
    await admin.alterConfigs({ resources: [{ ...resource, configEntries }] })
    const after = await eventually('the new setting', async () => {
      const value = await configOf(admin, 'retention.ms')
      return value !== before && value
    })
    return { before, after, 'max.message.bytes': await configOf(admin, 'max.message.bytes') }
  },

  async admin_records() {
    const admin = await createTopic(1)
    await sendStamped(10)
    await admin.fetchTopicOffsets(topic) // the call below knows only topics that were asked for
    await admin.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: '4' }] })
    const [{ low, high }] = await admin.fetchTopicOffsets(topic)
    return { first: Number(low), end: Number(high) }
  },

  async admin_groups() {
    const admin = await createTopic(1)
    const stateOf = async () => (await admin.describeGroups([group])).groups[0].state
    const isListed = async () =>
      (await admin.listGroups()).groups.some(({ groupId }) => groupId === group)
    const consumer = await member()
    await reading(consumer)
    const stable = await eventually('a stable group', async () => {
      const state = await stateOf()
      return !state.endsWith('Rebalance') && state
    })
    const listed = await isListed()
    await consumer.disconnect()
    const empty = await stateOf()
    await admin.deleteGroups([group])
    return { 'with a member': stable, without: empty, listed, gone: !(await isListed()) }
  },

  async admin_offsets() {
    const admin = await createTopic(1)
    await sendStamped(10)
    const [{ low, high }] = await admin.fetchTopicOffsets(topic)
    const [{ offset: time }] = await admin.fetchTopicOffsetsByTimestamp(topic, 4500)
    const partitions = [{ partition: 0, offset: '6' }]
    await admin.setOffsets({ groupId: group, topic, partitions })
    const [kept] = await admin.fetchOffsets({ groupId: group, topics: [topic] })
    return {
      earliest: Number(low),
      latest: Number(high),
      time: Number(time),
      committed: Number(kept.partitions[0].offset),
    }
  },

  async admin_cluster() {
    const { brokers, controller } = await (await administrator()).describeCluster()
    return {
      brokers: brokers.length,
      controller: brokers.some(({ nodeId }) => nodeId === controller),
    }
  },
}
