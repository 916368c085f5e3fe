// Transactions, and who may end them.
'use strict'

const { createTopic, group, member, producer, reading, topic } = require('../client')

const transactional = () => producer({ transactionalId: `${topic}-id` })

const LAST = 'last'

// Begin a transaction and send five records; the value of the fifth is `last`.
const five = async (sender, last = 'v') => {
  const transaction = await sender.transaction()
  const values = ['v', 'v', 'v', 'v', last]
  await transaction.send({ topic, messages: values.map((value) => ({ value })) })
  return transaction
}

// How many records there are up to the last one.
const countUpToLast = async (readUncommitted) => {
  const options = { groupId: `${group}-${readUncommitted}`, readUncommitted }
  const reader = await reading(await member(options))
  let count = 1
  while ((await reader.next()).value.toString() !== LAST) count++
  return count
}

module.exports = {
  async transactions() {
    const admin = await createTopic(1)
    const sender = await transactional()
    await (await five(sender)).commit()
    await (await five(sender)).abort()
    const transaction = await five(sender, LAST)
    const topics = [{ topic, partitions: [{ partition: 0, offset: '5' }] }]
    await transaction.sendOffsets({ consumerGroupId: group, topics })
    await transaction.commit()
    const [kept] = await admin.fetchOffsets({ groupId: group, topics: [topic] })
    return {
      committed: await countUpToLast(false),
      uncommitted: await countUpToLast(true),
      offset: Number(kept.partitions[0].offset),
    }
  },

  async fenced() {
    await createTopic(1)
    const doomed = await five(await transactional())
    const successor = await five(await transactional(), LAST)
    const fenced = await doomed.commit().then(
      () => false,
      ({ type }) => ['PRODUCER_FENCED', 'INVALID_PRODUCER_EPOCH'].includes(type)
    )
    await successor.commit()
    return { fenced, committed: await countUpToLast(false) }
  },
}
