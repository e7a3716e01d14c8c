import type { Dialogue, Protocol } from '../../core/index.ts'

/*
 * The interaction protocols of FIPA as tables: docs/PROTOCOLS.md draws them. Who begins is the initiator, whom it writes to
 * the participant. What all of them share is no part of a table: `not-understood` from either side ends a dialogue, and
 * `cancel` calls it off.
 */

const ANSWERS = { agree: 'agreed', refuse: 'refused', inform: 'done', failure: 'failed' } as const
const RESULTS = { inform: 'done', failure: 'failed' } as const
const LATE = { act: 'failure', next: 'late' } as const
const pair = { opener: 'initiator', partner: 'participant', cancel: true } as const

/** Asked, perhaps agreed to, then done or failed: what request and query have in common. */
function askOnce(acts: Record<string, 'asked'>): Dialogue {
  return {
    ...pair,
    states: {
      start: { opener: acts },
      asked: { partner: ANSWERS, deadline: LATE },
      agreed: { partner: RESULTS, deadline: LATE },
    },
    ends: ['refused', 'done', 'failed', 'late'],
  }
}

const CALLED = {
  partner: { propose: 'proposed', refuse: 'refused' },
  deadline: { act: 'refuse', next: 'late' },
} as const
const AWARDED = { partner: RESULTS, deadline: LATE } as const
const EXPIRED = { act: 'reject-proposal', next: 'rejected' } as const
const NET_ENDS = ['refused', 'rejected', 'done', 'failed', 'late'] as const
const LATE_BIDS = { propose: 'reject-proposal' } as const

/** What a broker or recruiter may ask of whom it has found. */
const ANY_QUESTION = {
  request: 'asked',
  'request-when': 'asked',
  'request-whenever': 'asked',
  'query-if': 'asked',
  'query-ref': 'asked',
  subscribe: 'asked',
  cfp: 'asked',
  propose: 'asked',
  // Nothing answers it, unless the target wants to.
  inform: 'told',
} as const

/** Answers that a broker passes on, one by one; a recruiter tells so what it knows of its targets. */
const PASSED_ON = { ...RESULTS, propose: 'done', 'accept-proposal': 'done', 'reject-proposal': 'done' } as const

/** Asking a broker or a recruiter. */
const ASK_MEDIATOR = {
  start: { opener: { proxy: 'asked' } },
  asked: { partner: { agree: 'agreed', refuse: 'refused', failure: 'failed' }, deadline: LATE },
  agreed: { partner: PASSED_ON, deadline: LATE },
  done: { partner: PASSED_ON },
} as const
const MEDIATOR_ENDS = ['refused', 'done', 'failed', 'late'] as const

const TARGET_ANSWERS = { ...ANSWERS, propose: 'done', 'accept-proposal': 'done', 'reject-proposal': 'refused' } as const
const ASK_TARGET = {
  start: { opener: ANY_QUESTION },
  asked: { partner: TARGET_ANSWERS, deadline: LATE },
  told: { partner: TARGET_ANSWERS },
  agreed: { partner: RESULTS, deadline: LATE },
  done: { partner: RESULTS },
} as const
const TARGET_ENDS = [...MEDIATOR_ENDS, 'told'] as const

/** Rounds of an auction; what follows upon a bid that was taken differs. */
const AUCTION_ROUNDS = {
  start: { opener: { inform: 'announced', cfp: 'called' } },
  announced: { opener: { cfp: 'called', inform: 'closed' } },
  called: {
    opener: { cfp: 'called', inform: 'closed' },
    partner: { propose: 'bid', refuse: 'silent' },
    deadline: { act: 'refuse', next: 'silent' },
  },
  silent: { opener: { cfp: 'called', inform: 'closed' } },
  outbid: { opener: { cfp: 'called', inform: 'closed' } },
} as const
const BID_EXPIRED = { act: 'reject-proposal', next: 'outbid' } as const

export const FIPA_PROTOCOLS: readonly Protocol[] = [
  {
    name: 'fipa-request',
    source: 'FIPA00026',
    summary: 'One asks another to do something.',
    roles: ['initiator', 'participant'],
    dialogues: [askOnce({ request: 'asked' })],
  },
  {
    name: 'fipa-query',
    source: 'FIPA00027',
    summary: 'One asks another whether something is so, or for what it refers to.',
    roles: ['initiator', 'participant'],
    dialogues: [askOnce({ 'query-if': 'asked', 'query-ref': 'asked' })],
  },
  {
    name: 'fipa-request-when',
    source: 'FIPA00028',
    summary: 'One asks another to do something once a condition holds. It has to agree before it waits for that.',
    roles: ['initiator', 'participant'],
    dialogues: [
      {
        ...pair,
        states: {
          start: { opener: { 'request-when': 'asked' } },
          asked: { partner: { agree: 'agreed', refuse: 'refused' }, deadline: LATE },
          agreed: { partner: RESULTS, deadline: LATE },
        },
        ends: ['refused', 'done', 'failed', 'late'],
      },
    ],
  },
  {
    name: 'fipa-contract-net',
    source: 'FIPA00029',
    summary:
      'One calls many for proposals, takes some of them and has the work done. A proposal that comes late is rejected.',
    roles: ['initiator', 'participant'],
    dialogues: [
      {
        ...pair,
        states: {
          start: { opener: { cfp: 'called' } },
          called: CALLED,
          proposed: {
            opener: { 'accept-proposal': 'accepted', 'reject-proposal': 'rejected' },
            deadline: EXPIRED,
          },
          accepted: AWARDED,
        },
        ends: NET_ENDS,
        late: LATE_BIDS,
      },
    ],
  },
  {
    name: 'fipa-iterated-contract-net',
    source: 'FIPA00030',
    summary: 'A contract net in rounds: instead of taking a proposal the initiator may call its sender once more.',
    roles: ['initiator', 'participant'],
    dialogues: [
      {
        ...pair,
        states: {
          start: { opener: { cfp: 'called' } },
          called: CALLED,
          proposed: {
            opener: { cfp: 'called', 'accept-proposal': 'accepted', 'reject-proposal': 'rejected' },
            deadline: EXPIRED,
          },
          accepted: AWARDED,
        },
        ends: NET_ENDS,
        late: LATE_BIDS,
      },
    ],
  },
  {
    name: 'fipa-auction-english',
    source: 'FIPA00031',
    summary:
      'Prices go up from call to call; who is silent may bid again in the next round; the winner is asked to deliver.',
    roles: ['initiator', 'participant'],
    dialogues: [
      {
        ...pair,
        states: {
          ...AUCTION_ROUNDS,
          bid: {
            opener: { 'accept-proposal': 'leading', 'reject-proposal': 'outbid' },
            deadline: BID_EXPIRED,
          },
          leading: { opener: { cfp: 'called', inform: 'final', request: 'won' } },
          // The price may be below the reserve: then nothing follows.
          final: { opener: { request: 'won' } },
          won: { partner: ANSWERS, deadline: LATE },
          agreed: { partner: RESULTS, deadline: LATE },
        },
        ends: ['closed', 'final', 'refused', 'done', 'failed', 'late'],
        late: LATE_BIDS,
      },
    ],
  },
  {
    name: 'fipa-auction-dutch',
    source: 'FIPA00032',
    summary: 'Prices go down from call to call until somebody bids.',
    roles: ['initiator', 'participant'],
    dialogues: [
      {
        ...pair,
        states: {
          ...AUCTION_ROUNDS,
          bid: { opener: { 'accept-proposal': 'won', 'reject-proposal': 'outbid' }, deadline: BID_EXPIRED },
          won: { opener: { cfp: 'called', inform: 'closed' } },
        },
        ends: ['closed', 'won'],
        late: LATE_BIDS,
      },
    ],
  },
  {
    name: 'fipa-brokering',
    source: 'FIPA00033',
    summary: 'One asks a broker to have others do something; the broker asks them and passes their answers on.',
    roles: ['initiator', 'broker', 'target'],
    dialogues: [
      {
        opener: 'initiator',
        partner: 'broker',
        cancel: true,
        states: ASK_MEDIATOR,
        ends: MEDIATOR_ENDS,
      },
      {
        opener: 'broker',
        partner: 'target',
        cancel: true,
        states: ASK_TARGET,
        ends: TARGET_ENDS,
      },
    ],
  },
  {
    name: 'fipa-recruiting',
    source: 'FIPA00034',
    summary:
      'One asks a recruiter to find others for something; they answer to whom the recruiter names in `reply_to`: the initiator, ' +
      'or whom that has designated.',
    roles: ['initiator', 'recruiter', 'target'],
    dialogues: [
      {
        opener: 'initiator',
        partner: 'recruiter',
        cancel: true,
        states: ASK_MEDIATOR,
        ends: MEDIATOR_ENDS,
      },
      {
        opener: 'recruiter',
        partner: 'target',
        cancel: true,
        states: ASK_TARGET,
        ends: TARGET_ENDS,
      },
    ],
  },
  {
    name: 'fipa-subscribe',
    source: 'FIPA00035',
    summary: 'One asks another to be told whenever something changes, until it cancels.',
    roles: ['initiator', 'participant'],
    dialogues: [
      {
        ...pair,
        states: {
          start: { opener: { subscribe: 'asked' } },
          asked: {
            partner: { agree: 'subscribed', refuse: 'refused', inform: 'subscribed', failure: 'failed' },
            deadline: LATE,
          },
          subscribed: { partner: { inform: 'subscribed', failure: 'failed' } },
        },
        ends: ['refused', 'failed', 'late'],
      },
    ],
  },
  {
    name: 'fipa-propose',
    source: 'FIPA00036',
    summary: 'One proposes to do something if another accepts it.',
    roles: ['initiator', 'participant'],
    dialogues: [
      {
        ...pair,
        states: {
          start: { opener: { propose: 'proposed' } },
          proposed: {
            partner: { 'accept-proposal': 'accepted', 'reject-proposal': 'rejected' },
            deadline: { act: 'reject-proposal', next: 'late' },
          },
        },
        ends: ['accepted', 'rejected', 'late'],
      },
    ],
  },
]
