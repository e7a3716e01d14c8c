import { syncBuiltinESMExports } from 'node:module'
import os from 'node:os'

/** What the process is started with, because threads and their inspector cannot be made without; see `launch.ts`. */
const STARTING = ['fs.read', 'worker', 'inspector'] as const

/** What the permission model leaves open: functions of `process` that reach other processes of the same user. */
const REACHING = ['kill', '_kill', '_debugProcess', '_debugEnd'] as const

/** Of Node 26: gives up a permission for good. */
interface Permission {
  drop(scope: string): void
}

/**
 * Gives up every permission that this thread still has, and what could signal or slow another process; nothing gives it back.
 * Threads that run keep what they have: each gives up its own.
 *
 * Without the permission for the inspector a thread cannot end by itself: Node aborts the process instead, which is of no use
 * without its thread anyway.
 */
export function dropPermissions(): void {
  const { permission } = process as unknown as { readonly permission: Permission }
  for (const scope of STARTING) permission.drop(scope)
  for (const name of REACHING) Reflect.deleteProperty(process, name)
  Reflect.deleteProperty(os, 'setPriority')
  syncBuiltinESMExports()
}
