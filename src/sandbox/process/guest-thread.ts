/** Entry of the worker thread of a process of guests: an ordinary one that gives up every permission once it is loaded. */
import '../worker.ts'
import { dropPermissions } from './permissions.ts'

dropPermissions()
