// `npm run check`: everything about the sources that a machine can judge, a line each. `npm run generate` (or --fix) first
// writes what is generated and formats the rest. Node runs the TypeScript of scripts/ as it stands.
import './typescript-names.mjs';

const { runChecks } = await import('./check/run.ts');
process.exitCode = await runChecks({ fix: process.argv.includes('--fix') });
