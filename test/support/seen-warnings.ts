import { onTestFinished } from 'vitest';

/** Node.js's warnings from now until the end of the test. They come a tick after their cause, and so does this answer. */
export function watchWarnings(): () => Promise<readonly string[]> {
  const seen: string[] = [];
  const onWarning = ({ message }: Error): void => void seen.push(message);
  process.on('warning', onWarning);
  onTestFinished(() => void process.off('warning', onWarning));
  return async () => {
    await new Promise((resolve) => setImmediate(resolve));
    return seen;
  };
}
