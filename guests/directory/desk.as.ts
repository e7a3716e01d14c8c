// Does in the directory what the operator asks for, and passes on to the operator what it is told of changes.
import * as caxton from 'caxton'
import { Message, NOT_UNDERSTOOD, getField, toInteger, toText } from 'caxton'

export function handleMessage(message: Message): i32 {
  const deed = toText(getField(message.content, 'deed'))
  const name = toText(getField(message.content, 'name'))
  const ontology = toText(getField(message.content, 'ontology'))
  const properties = getField(message.content, 'properties')
  const id = <i32>toInteger(getField(message.content, 'id'), 0)
  let found = ''
  let status = 0
  if (deed == 'offer') {
    const leaseMs = toInteger(getField(message.content, 'lease_ms'), 0)
    status = caxton.offerCapability(name, properties, ontology, leaseMs)
  } else if (deed == 'register') status = caxton.registerCapability(name)
  else if (deed == 'withdraw') status = caxton.withdrawCapability(name)
  else if (deed == 'watch') status = caxton.watchDirectory(id, name, properties, ontology)
  else if (deed == 'unwatch') status = caxton.unwatchDirectory(id)
  else if (deed == 'search') {
    const result = caxton.searchDirectory(name, properties, ontology)
    status = result.status
    found = result.json
  } else if (message.sender == 'caxton') {
    const draft = new caxton.Draft('inform', 'user')
    draft.content = message.content
    return caxton.send(draft)
  } else return NOT_UNDERSTOOD
  const answer = '{"status":' + status.toString() + (found == '' ? '' : ',"found":' + found) + '}'
  return caxton.reply(message, 'inform', answer)
}
