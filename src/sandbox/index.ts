/** Guests behind walls: worker threads, host calls, limits, kills. */
export type { Door, DoorExport, DoorParts, DoorSession, GuestFunction } from './doors/door.ts'
export { DOORS, listHostModules } from './doors/doors.ts'
export { checkExports } from './exports.ts'
export { checkImports, findFunction } from './imports.ts'
export type { Effects, Kept } from './kept/kept.ts'
export type { Capacities, SlotUse } from './mailbox-table.ts'
export type { MailboxSlot } from './mailboxes.ts'
export { Mailboxes } from './mailboxes.ts'
export { messageBytes } from './message-size.ts'
export { assertModuleFits, checkModule } from './module-check.ts'
export type { SandboxPoolOptions, SandboxPoolParts } from './pool.ts'
export { SandboxPool } from './pool.ts'
export type { ProcessPoolOptions, ProcessPoolParts } from './process/process-pool.ts'
export { ProcessPool } from './process/process-pool.ts'
export type {
  LocalCall,
  LogLine,
  Outcome,
  OutputStream,
  Sandbox,
  SandboxEvents,
  SandboxSpec,
  Usage,
} from './sandbox.ts'
export { NO_USAGE } from './usage.ts'
