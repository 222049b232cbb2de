import { setTimeout as delay } from 'node:timers/promises';
import { parseCLI, startVitest, type TestModule, type Vitest } from 'vitest/node';

const CLOSE_LIMIT_MS = 30_000;

/**
 * Runs the tests; arguments are vitest's own (files, -t name …). The last line printed is always
 * `N passed, N failed` or `N passed, N failed, N skipped`, and nothing run at all counts as failure.
 */
const { filter, options } = parseCLI(['vitest', 'run', ...process.argv.slice(2)]);
const vitest = await startVitest(filter, { ...options, watch: false });
const totals = count(vitest);
const skippedFiles = wholeFilesSkipped(vitest.state.getTestModules());
// Something a test left running can keep the workers' pipes open for ever; the result is known already.
await Promise.race([vitest.close(), delay(CLOSE_LIMIT_MS, undefined, { ref: false })]);

for (const file of skippedFiles) process.stdout.write(`SKIPPED ${file}: what it needs is not on this machine.\n`);
const { passed, failed, skipped } = totals;
if (passed + failed === 0) process.stdout.write('No test ran.\n');
process.stdout.write(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}\n`);
process.exit(failed > 0 || passed === 0 ? 1 : 0);

interface Totals { passed: number; failed: number; skipped: number }

/** A file that could not be loaded and an error outside any test are failures too, though no test carries them. */
function count(run: Vitest): Totals {
  const sum: Totals = { passed: 0, failed: run.state.getUnhandledErrors().length, skipped: 0 };
  for (const module of run.state.getTestModules()) {
    const before = sum.failed;
    for (const test of module.children.allTests()) {
      const { state } = test.result();
      if (state === 'passed') sum.passed += 1;
      else if (state === 'failed') sum.failed += 1;
      // Pending at the end: the run was cut short before it. It did not pass, so it is not left out.
      else if (state === 'pending') sum.failed += 1;
      else sum.skipped += 1;
    }
    if (module.state() === 'failed' && sum.failed === before) sum.failed += 1;
  }
  return sum;
}

function wholeFilesSkipped(modules: readonly TestModule[]): string[] {
  return modules
    .filter((module) => {
      const tests = [...module.children.allTests()];
      return tests.length > 0 && tests.every((test) => test.result().state === 'skipped');
    })
    .map((module) => module.relativeModuleId);
}
