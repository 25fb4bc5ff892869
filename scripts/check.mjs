// `npm run check`: everything about the sources that a machine can judge, a line each. `npm run generate` (or --fix) first
// writes what is generated and formats the rest. Node runs the TypeScript of scripts/ as it stands; the hook finds it
// by the names that the compiler wants.
import { registerHooks } from 'node:module';

registerHooks({
  resolve(specifier, context, next) {
    try {
      return next(specifier, context);
    } catch (error) {
      if (!specifier.startsWith('.') || !specifier.endsWith('.js')) throw error;
      return next(specifier.replace(/\.js$/, '.ts'), context);
    }
  },
});

const { runChecks } = await import('./check/run.ts');
process.exitCode = await runChecks({ fix: process.argv.includes('--fix') });
