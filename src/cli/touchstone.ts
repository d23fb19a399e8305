#!/usr/bin/env node
// The program's first file: imports nothing before it knows that Node.js is new enough to understand the rest.
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);

if (major > 20 || (major === 20 && minor >= 19)) {
  // What runs is a bundle; a stack trace should name the source. Counts for what is loaded from here on.
  process.setSourceMapsEnabled(true);
  void import('./main.ts').then((program) => program.main(process.argv.slice(2)));
} else {
  console.error(
    `Touchstone needs Node.js 20.19 or newer, and this is ${process.versions.node}. Install a newer Node.js and try again.`,
  );
  process.exitCode = 2;
}
