/** Milliseconds since 1970 as RFC 3339 text in UTC, whole seconds: RFC 8555 section 7.1.3. */
export function renderTime(milliseconds: number): string {
  return `${new Date(milliseconds).toISOString().slice(0, 19)}Z`;
}
