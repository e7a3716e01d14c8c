/** Entry of the worker thread of a process of guests: an ordinary one, but what it takes first is that it gives up every permission. */
import './guest-permissions.ts'
import '../worker.ts'
