/** The outcome of reading bytes: a value, or a tagged refusal. */
export type ParseResult<Value, Refusal> =
  | { readonly ok: true; readonly value: Value }
  | { readonly ok: false; readonly refusal: Refusal };
