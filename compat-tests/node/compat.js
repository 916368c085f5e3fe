// One scenario with KafkaJS: node compat.js BOOTSTRAP SCENARIO NAME.
// What was seen is printed as one line of JSON; a failure is an exit status other than 0.
'use strict'

const { disconnectAll, prepare, scenario } = require('./client')

const scenarios = {
  ...require('./scenarios/produce'),
  ...require('./scenarios/consume'),
  ...require('./scenarios/groups'),
  ...require('./scenarios/admin'),
  ...require('./scenarios/errors'),
  ...require('./scenarios/transactions'),
}

const main = async () => {
  const [name, ...details] = scenario.split(':')
  if (!Object.hasOwn(scenarios, name)) throw new Error(`no scenario ${name}`)
  await prepare()
  const seen = await scenarios[name](...details)
  await disconnectAll()
  console.log(JSON.stringify(seen))
}

main().catch((error) => {
  console.error(error)
  process.exit(1)
})
