import { DATA_KEY_BYTES } from '../../capability/index.ts'
import { isTopicPattern } from '../../core/index.ts'
import type { Effects, TimerSetting } from '../kept/kept.ts'
import { violation } from './violation.ts'

/** Effects in JSON: of each change of data its key and the length of the value, whose bytes follow the text; -1 for a key that is gone. */
export interface PlainEffects {
  readonly data: readonly (readonly [key: string, length: number])[]
  readonly timers: readonly (readonly [id: number, delayMs: number, setting: number])[]
  readonly subscriptions: readonly (readonly [pattern: string, isSubscribed: boolean])[]
}

/** The place of a delay that says that the timer is gone. */
const GONE = -1

/** Child: takes effects apart. */
export function flattenEffects({ data, timers, subscriptions }: Effects): {
  readonly plain: PlainEffects
  readonly bytes: Uint8Array
} {
  const values = [...data.values()].filter((value) => value !== null)
  return {
    plain: {
      data: [...data].map(([key, value]) => [key, value?.length ?? GONE]),
      timers: [...timers].map(([id, timer]) => [id, timer?.delayMs ?? GONE, timer?.setting ?? 0]),
      subscriptions: [...subscriptions],
    },
    bytes: Buffer.concat(values),
  }
}

/** Host: puts effects together. What the agent may keep is checked by `Resident`. @throws CaxtonError ERR_SANDBOX_PROCESS_LOST */
export function readEffects(value: unknown, bytes: Uint8Array): Effects {
  const { data, timers, subscriptions } = Object(value) as Readonly<Partial<Record<keyof Effects, unknown>>>
  if (!Array.isArray(data) || !Array.isArray(timers) || !Array.isArray(subscriptions)) {
    throw violation('effects that are none')
  }
  let at = 0
  const values = new Map<string, Uint8Array | null>()
  for (const entry of data as readonly unknown[]) {
    const [key, length] = Array.isArray(entry) ? (entry as readonly unknown[]) : []
    if (typeof key !== 'string' || !isKey(key) || !isCount(length, GONE)) throw violation('data that is none')
    if (at + Math.max(length, 0) > bytes.length) throw violation('data that is not there')
    values.set(key, length === GONE ? null : bytes.slice(at, at + length))
    at += Math.max(length, 0)
  }
  return {
    data: values,
    timers: new Map((timers as readonly unknown[]).map(readTimer)),
    subscriptions: new Map((subscriptions as readonly unknown[]).map(readSubscription)),
  }
}

function readTimer(entry: unknown): [number, TimerSetting | null] {
  const [id, delayMs, setting] = Array.isArray(entry) ? (entry as readonly unknown[]) : []
  if (!isCount(id, -(2 ** 31)) || id >= 2 ** 31 || !isCount(delayMs, GONE) || !isCount(setting, 0)) {
    throw violation('a timer that is none')
  }
  return [id, delayMs === GONE ? null : { delayMs, setting }]
}

function readSubscription(entry: unknown): [string, boolean] {
  const [pattern, isSubscribed] = Array.isArray(entry) ? (entry as readonly unknown[]) : []
  if (typeof pattern !== 'string' || !isTopicPattern(pattern) || typeof isSubscribed !== 'boolean') {
    throw violation('a subscription that is none')
  }
  return [pattern, isSubscribed]
}

function isKey(key: string): boolean {
  return key !== '' && Buffer.byteLength(key) <= DATA_KEY_BYTES && !key.includes('\0')
}

function isCount(value: unknown, least: number): value is number {
  return Number.isSafeInteger(value) && (value as number) >= least
}
