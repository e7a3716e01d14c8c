import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { isNamedAddress, isPublicAddress } from './address.ts'

test('knows public addresses from all others', () => {
  for (const address of [
    '1.1.1.1',
    '8.8.8.8',
    '172.15.0.1',
    '172.32.0.1',
    '100.63.0.1',
    '100.128.0.1',
    '2606:4700::1111',
    '2a00::1',
  ]) {
    assert.ok(isPublicAddress(address), address)
  }
  for (const address of [
    '',
    'x',
    '1.1.1',
    '1.1.1.1.1',
    '01.1.1.1',
    '1.1.1.1/8',
    '2606:4700::1%eth0',
    '4000::1',
    'fec0::1',
    '3fff::1',
    '5f00::1',
  ]) {
    assert.ok(!isPublicAddress(address), address)
  }
})

test('takes no IPv6 form of an IPv4 address for a public one', () => {
  fc.assert(
    fc.property(fc.ipV4(), (address) => {
      const hex = address.split('.').map((part) => Number(part).toString(16).padStart(2, '0'))
      const words = `${hex[0]}${hex[1]}:${hex[2]}${hex[3]}`
      const forms = [
        `::ffff:${address}`,
        `::${address}`,
        `::ffff:0:${address}`,
        `64:ff9b::${words}`,
        `64:ff9b:1::${words}`,
        `2002:${words}::1`,
        `2001:0:${words}::`,
      ]
      for (const form of forms) assert.ok(!isPublicAddress(form), form)
    }),
  )
})

test('finds an address in the ranges that are named, in whatever form it is written', () => {
  assert.ok(isNamedAddress('10.1.2.3', ['10.0.0.0/8']))
  assert.ok(!isNamedAddress('11.1.2.3', ['10.0.0.0/8']))
  assert.ok(isNamedAddress('10.1.2.3', ['0.0.0.0/0']))
  assert.ok(!isNamedAddress('::ffff:10.1.2.3', ['10.0.0.0/8', '0.0.0.0/0']))
  assert.ok(isNamedAddress('fd00:0:0::0001', ['fd00::1']))
  assert.ok(isNamedAddress('FD00::1', ['fd00::/8']))
  assert.ok(!isNamedAddress('fe00::1', ['fd00::/8', '127.0.0.1']))
  fc.assert(
    fc.property(fc.oneof(fc.ipV4(), fc.ipV6()), (address) => {
      assert.ok(isNamedAddress(address, [address]), address)
    }),
  )
})
