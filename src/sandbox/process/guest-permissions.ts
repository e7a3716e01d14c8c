import { parentPort } from 'node:worker_threads'
import { dropPermissions } from './permissions.ts'

/**
 * Gives up every permission when the first message comes, which is before the first guest. Not when the thread is loaded: the main
 * thread attaches the inspector before it sends anything, and Node aborts a process whose thread has given up the permission for
 * the inspector and is attached to.
 */
parentPort!.once('message', dropPermissions)
