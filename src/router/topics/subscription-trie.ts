interface Branch<Subscriber> {
  readonly branches: Map<string, Branch<Subscriber>>
  /** Those whose pattern ends here. */
  readonly subscribers: Set<Subscriber>
}

/**
 * Who has subscribed to which patterns, by their tokens.
 *
 * Cost: a lookup follows at most two branches for each token, the one of its name and that of `*`: its cost depends on the tokens of
 * the topic and on what it finds, not on how many subscriptions there are.
 */
export class SubscriptionTrie<Subscriber> {
  readonly #root: Branch<Subscriber> = createBranch()
  #size = 0

  /** Subscriptions in all. */
  get size(): number {
    return this.#size
  }

  /** False when there is this subscription already. */
  add(pattern: string, subscriber: Subscriber): boolean {
    let branch = this.#root
    for (const token of pattern.split('.')) {
      let next = branch.branches.get(token)
      if (next === undefined) {
        next = createBranch()
        branch.branches.set(token, next)
      }
      branch = next
    }
    if (branch.subscribers.has(subscriber)) return false
    branch.subscribers.add(subscriber)
    this.#size += 1
    return true
  }

  /** Takes a subscription out, with the branches that lead nowhere without it. False when there is none. */
  delete(pattern: string, subscriber: Subscriber): boolean {
    const path = [this.#root]
    const tokens = pattern.split('.')
    for (const token of tokens) {
      const next = path.at(-1)!.branches.get(token)
      if (next === undefined) return false
      path.push(next)
    }
    if (!path.at(-1)!.subscribers.delete(subscriber)) return false
    this.#size -= 1
    for (let depth = tokens.length; depth > 0; depth -= 1) {
      const { branches, subscribers } = path[depth]!
      if (branches.size > 0 || subscribers.size > 0) break
      path[depth - 1]!.branches.delete(tokens[depth - 1]!)
    }
    return true
  }

  /** Returns who has subscribed to a topic, each once however many of its patterns stand for it. */
  match(topic: string): Set<Subscriber> {
    const found = new Set<Subscriber>()
    collect(this.#root, topic.split('.'), 0, found)
    return found
  }
}

function createBranch<Subscriber>(): Branch<Subscriber> {
  return { branches: new Map(), subscribers: new Set() }
}

/** As deep as the topic has tokens. */
function collect<Subscriber>(
  { branches, subscribers }: Branch<Subscriber>,
  tokens: readonly string[],
  depth: number,
  found: Set<Subscriber>,
): void {
  if (depth === tokens.length) {
    for (const subscriber of subscribers) found.add(subscriber)
    return
  }
  for (const subscriber of branches.get('>')?.subscribers ?? []) found.add(subscriber)
  const any = branches.get('*')
  if (any !== undefined) collect(any, tokens, depth + 1, found)
  const named = branches.get(tokens[depth]!)
  if (named !== undefined) collect(named, tokens, depth + 1, found)
}
