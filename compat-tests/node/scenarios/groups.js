// Members of groups, who come, go, and are killed.
'use strict'

const { spawn } = require('node:child_process')
const { AssignerProtocol } = require('kafkajs')
const { bootstrap, createTopic, eventually, group, member, sleep, topic } = require('../client')

const runningMember = async () => {
  const consumer = await member()
  // The first call returns when the member has joined; so none waits for another here.
  consumer.run({ eachMessage: async () => {} })
  return consumer
}

const countOf = ({ memberAssignment }) => {
  const decoded = AssignerProtocol.MemberAssignment.decode(memberAssignment)
  return decoded?.assignment[topic]?.length ?? 0
}

// How many partitions each member of the group has, when they are shared out among so many.
const sharesOf = (admin, members) =>
  eventually(`a stable group of ${members}`, async () => {
    const [described] = (await admin.describeGroups([group])).groups
    if (described.state !== 'Stable' || described.members.length !== members) return undefined
    return described.members.map(countOf).sort()
  })

module.exports = {
  async groups() {
    const admin = await createTopic(6)
    const members = [await runningMember(), await runningMember(), await runningMember()]
    const three = await sharesOf(admin, 3)
    await members[1].disconnect()
    return { three, two: await sharesOf(admin, 2) }
  },

  async more_members() {
    const admin = await createTopic(2)
    for (let i = 0; i < 3; i++) await runningMember()
    return { shares: await sharesOf(admin, 3) }
  },

  async killed_member() {
    const admin = await createTopic(4)
    await runningMember()
    const words = [require.main.filename, bootstrap, 'member', topic]
    const other = spawn(process.execPath, words, { stdio: ['ignore', 'ignore', 'inherit'] })
    try {
      const together = await sharesOf(admin, 2)
      other.kill('SIGKILL')
      return { together, alone: await sharesOf(admin, 1) }
    } finally {
      other.kill('SIGKILL')
    }
  },

  // The member that is killed.
  async member() {
    await runningMember()
    await sleep(60000)
  },
}
