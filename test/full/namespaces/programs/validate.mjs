// The validator alone, run inside a network namespace. Reads one JSON line: {"package", "settings", "question"}, where
// "package" is the built package's entry; prints the verdict as one JSON line.
import { createInterface } from 'node:readline';

for await (const line of createInterface({ input: process.stdin })) {
  const { package: entry, settings, question } = JSON.parse(line);
  const { createValidation, parseConfiguration } = await import(entry);
  const validation = createValidation(parseConfiguration(settings));
  const verdict = await validation.validate(question);
  validation.close();
  process.stdout.write(`${JSON.stringify(verdict)}\n`);
  break;
}
process.exit(0);
