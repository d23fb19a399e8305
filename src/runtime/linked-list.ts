/** A place in a list, by which it is found again without searching. */
export interface ListNode<Value> {
  readonly value: Value;
  previous: ListNode<Value> | undefined;
  next: ListNode<Value> | undefined;
}

/** A queue from whose middle things can be taken out, at the same small cost however long it is. */
export class LinkedList<Value> {
  #first: ListNode<Value> | undefined;
  #last: ListNode<Value> | undefined;

  get first(): ListNode<Value> | undefined {
    return this.#first;
  }

  append(value: Value): ListNode<Value> {
    const node = { value, previous: this.#last, next: undefined };
    if (this.#last === undefined) this.#first = node;
    else this.#last.next = node;
    this.#last = node;
    return node;
  }

  /** Takes out a node of this list; to be called once for each. */
  remove(node: ListNode<Value>): void {
    if (node.previous === undefined) this.#first = node.next;
    else node.previous.next = node.next;
    if (node.next === undefined) this.#last = node.previous;
    else node.next.previous = node.previous;
  }
}
